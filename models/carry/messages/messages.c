// SPDX-License-Identifier: MIT
#include "models/carry/messages/messages.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "measure/base/write_all.h"
#include "models/carry/buffer.h"

// Pieces of the argument in one call: enough to fill a pipe with the smallest that are worth it.
#define PIECES 16

bool message_read(int fd, void *data, size_t bytes)
{
    char *to = data;

    while (bytes > 0) {
        ssize_t n = read(fd, to, bytes);

        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        to += n > 0 ? n : 0;
        bytes -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

// Takes `n` bytes off the front of the parts.
static void advance(struct iovec *parts, int count, size_t n)
{
    for (int i = 0; i < count; i++) {
        size_t part = n < parts[i].iov_len ? n : parts[i].iov_len;

        parts[i].iov_base = (char *)parts[i].iov_base + part;
        parts[i].iov_len -= part;
        n -= part;
    }
}

// A header and what follows it, in one call where the pipe has room: so it is not cut up among the messages of others.
static bool send_parts(int fd, const struct message_header *header, const void *content)
{
    struct iovec parts[] = {{(void *)header, sizeof *header}, {(void *)content, header->bytes}};

    while (parts[0].iov_len + parts[1].iov_len > 0) {
        ssize_t n = writev(fd, parts, 2);

        if (n < 0 && errno != EINTR)
            return false;
        advance(parts, 2, n > 0 ? (size_t)n : 0);
    }
    return true;
}

bool message_send_reply(int fd, uint32_t index, const char *reply, uint64_t bytes)
{
    struct message_header header = {.index = index, .bytes = bytes};

    return send_parts(fd, &header, reply);
}

bool message_send_results(int fd, const struct message_results *results, size_t bytes)
{
    return write_all(fd, results, bytes) == 0;
}

uint32_t message_read_frames(int fd, void *frames, size_t frame_bytes, uint32_t most)
{
    ssize_t n;

    do {
        n = read(fd, frames, most * frame_bytes);
    } while (n < 0 && errno == EINTR);
    return n > 0 ? (uint32_t)((size_t)n / frame_bytes) : 0;
}

int receiver_open(struct receiver *receiver, const struct trial *trial, int fd, uint32_t chunk)
{
    int flags = fcntl(fd, F_GETFL);

    *receiver = (struct receiver){.fd = fd, .room = message_results_bytes(chunk)};
    if (receiver->room < PIPE_BUF)
        receiver->room = PIPE_BUF;
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return -errno;
    receiver->staged = malloc(receiver->room);
    if (trial->kinds & STEP_BIT(STEP_REPLY)) {
        receiver->reply_most = trial->payload_most;
        receiver->reply = buffer_new_empty(receiver->reply_most);
        if (receiver->reply == NULL)
            return -ENOMEM;
    }
    return receiver->staged != NULL ? 0 : -ENOMEM;
}

void receiver_close(struct receiver *receiver)
{
    free(receiver->staged);
    buffer_free(receiver->reply, receiver->reply_most);
    *receiver = (struct receiver){.fd = -1};
}

int receiver_fill(struct receiver *receiver)
{
    struct iovec parts[2];
    size_t direct;
    int count = 0;
    ssize_t n;

    receiver->until -= receiver->from;
    memmove(receiver->staged, receiver->staged + receiver->from, receiver->until);
    receiver->from = 0;
    // What is missing of a reply goes where it belongs; what follows it is staged.
    if (receiver->missing > 0)
        parts[count++] = (struct iovec){receiver->reply + (receiver->header.bytes - receiver->missing),
                                        receiver->missing};
    parts[count++] = (struct iovec){receiver->staged + receiver->until, receiver->room - receiver->until};
    n = readv(receiver->fd, parts, count);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (n == 0)
        return -EPIPE;
    direct = (size_t)n < receiver->missing ? (size_t)n : receiver->missing;
    receiver->missing -= direct;
    receiver->until += (size_t)n - direct;
    return 1;
}

// The part of a reply that was read together with its header.
static void begin_reply(struct receiver *receiver)
{
    size_t staged = receiver->until - receiver->from;

    if (staged > receiver->header.bytes)
        staged = receiver->header.bytes;
    if (staged > 0)
        memcpy(receiver->reply, receiver->staged + receiver->from, staged);
    receiver->from += staged;
    receiver->missing = receiver->header.bytes - staged;
    receiver->replying = true;
}

bool receiver_next(struct receiver *receiver, struct message *ret_message)
{
    if (!receiver->replying) {
        size_t staged = receiver->until - receiver->from;

        if (staged < sizeof receiver->header)
            return false;
        memcpy(&receiver->header, receiver->staged + receiver->from, sizeof receiver->header);
        if (receiver->header.count > 0) {
            if (staged < sizeof receiver->header + receiver->header.bytes)
                return false;
            *ret_message = (struct message){receiver->header,
                                            receiver->staged + receiver->from + sizeof receiver->header};
            receiver->from += sizeof receiver->header + receiver->header.bytes;
            return true;
        }
        receiver->from += sizeof receiver->header;
        begin_reply(receiver);
    }
    if (receiver->missing > 0)
        return false;
    receiver->replying = false;
    *ret_message = (struct message){receiver->header, receiver->reply};
    return true;
}

// The next pieces of what the sender holds; how many.
static int next_pieces(const struct sender *sender, const char *argument, uint64_t argument_bytes,
                       struct iovec pieces[PIECES])
{
    uint64_t sent = sender->payload_sent;
    int count = 0;

    if (sender->frame_sent < sender->frame_bytes)
        pieces[count++] = (struct iovec){(char *)sender->frame + sender->frame_sent,
                                         sender->frame_bytes - sender->frame_sent};
    while (count < PIECES && sent < sender->payload_bytes) {
        uint64_t from = sent % argument_bytes, left = sender->payload_bytes - sent;
        uint64_t bytes = left < argument_bytes - from ? left : argument_bytes - from;

        pieces[count++] = (struct iovec){(char *)argument + from, bytes};
        sent += bytes;
    }
    return count;
}

int sender_flush(struct sender *sender, const char *argument, uint64_t argument_bytes)
{
    struct iovec pieces[PIECES];
    int count;

    while ((count = next_pieces(sender, argument, argument_bytes, pieces)) > 0) {
        ssize_t n = writev(sender->fd, pieces, count);
        size_t of_frame = sender->frame_bytes - sender->frame_sent;

        if (n < 0 && errno == EAGAIN)
            return 0;
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n < 0)
            continue;
        of_frame = (size_t)n < of_frame ? (size_t)n : of_frame;
        sender->frame_sent += of_frame;
        sender->payload_sent += (size_t)n - of_frame;
    }
    return 1;
}

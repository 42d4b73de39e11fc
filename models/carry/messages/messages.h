// SPDX-License-Identifier: MIT
// What a coordinator and the processes it has forked send each other over pipes: frames with tasks one way, followed by
// the bytes their tasks take; results and replies the other. The coordinator's ends never block, the workers' do.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/carry/trial.h"

// Tasks for one worker: as many as travel in a chunk, or what is left of it. All frames of a trial have one length.
struct task_frame {
    uint32_t first;     // index of the first; the others follow it
    uint16_t count;     // 0: there will be no more
    uint16_t classes[]; // of each
};

static inline size_t task_frame_bytes(uint32_t chunk)
{
    size_t bytes = offsetof(struct task_frame, classes) + chunk * sizeof(uint16_t);

    return (bytes + 3) & ~(size_t)3; // frames lie one after the other and begin with 32 bits
}

// Before a reply's bytes, or before the results of a chunk of tasks.
struct message_header {
    uint32_t index; // of the task, or of the first
    uint32_t count; // of results; 0: a reply
    uint64_t bytes; // that follow
};

struct task_result {
    uint64_t arrival_ns, begin_ns, end_ns; // end: of the work, in the worker
    uint32_t check;                        // without what the replies come to
    uint32_t status;
};

// The results of a chunk, as they travel.
struct message_results {
    struct message_header header;
    struct task_result of[];
};

// A worker's side. Each waits until all is through; false: the other end is closed or broken.
bool message_read(int fd, void *data, size_t bytes);
bool message_send_reply(int fd, uint32_t index, const char *reply, uint64_t bytes);
// `bytes` of results, one message behind the other; up to PIPE_BUF come to nobody's in between.
bool message_send_results(int fd, const struct message_results *results, size_t bytes);
// Reads as many frames of `frame_bytes` as there are, one at least, from a pipe in which each is whole; 0: the other end is closed.
uint32_t message_read_frames(int fd, void *frames, size_t frame_bytes, uint32_t most);

static inline size_t message_results_bytes(uint32_t count)
{
    return sizeof(struct message_header) + count * sizeof(struct task_result);
}

// The coordinator's side of a pipe on which messages arrive, in whatever pieces.
struct receiver {
    int fd;
    char *staged; // read and not yet looked at, from … until of room bytes
    size_t room, from, until;
    char *reply; // where the bytes of replies go; NULL where none come
    uint64_t reply_most;
    struct message_header header; // of the reply under way
    bool replying;
    uint64_t missing; // of its bytes
};

// A message that is there as a whole; valid until the next receiver_fill().
struct message {
    struct message_header header;
    const char *content; // the reply, or the results: not aligned
};

// For results of up to `chunk` tasks at once, and where the trial's tasks reply, for that. Makes the descriptor
// non-blocking. 0 or -errno; close in any case, which leaves the descriptor open.
int receiver_open(struct receiver *receiver, const struct trial *trial, int fd, uint32_t chunk);
void receiver_close(struct receiver *receiver);

// Reads once. 1: something came; 0: there is nothing now; -EPIPE: the other end is closed; else -errno.
int receiver_fill(struct receiver *receiver);
// The next whole message, until there is none: only then may the receiver be filled again.
bool receiver_next(struct receiver *receiver, struct message *ret_message);

static inline struct task_result message_result(const struct message *message, uint32_t i)
{
    struct task_result result;

    __builtin_memcpy(&result, message->content + i * sizeof result, sizeof result);
    return result;
}

// The coordinator's side of a worker's own pipe: a frame and the argument's bytes, in whatever pieces the pipe takes.
struct sender {
    int fd;
    struct task_frame *frame;
    size_t frame_bytes, frame_sent;
    uint64_t payload_bytes, payload_sent; // all that the frame's tasks take
};

// Writes what the pipe takes, the bytes from `argument` over and over. 1: all has gone; 0: the pipe is full; or -errno.
int sender_flush(struct sender *sender, const char *argument, uint64_t argument_bytes);

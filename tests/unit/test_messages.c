// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "models/carry/buffer.h"
#include "models/carry/messages/messages.h"

#define REPLY_MOST 20000
#define CHUNK 5

static struct trial trial = {.kinds = STEP_BIT(STEP_REPLY), .payload_most = REPLY_MOST};

// What a worker sends: replies of these sizes, each followed by so many results.
static const struct {
    uint32_t bytes, results;
} parts[] = {{0, 1}, {1, 0}, {15, 5}, {4095, 0}, {4097, 3}, {0, 0}, {REPLY_MOST, 1}, {3, 2}};

#define PARTS (sizeof parts / sizeof parts[0])

// Byte i of the reply of task `index`: never that of another place nearby.
static char byte_of(uint32_t index, uint32_t i)
{
    return (char)(index * 31 + i * 7 + i / 256);
}

// Writes all of it into a pipe that is large enough.
static size_t write_stream(int fd)
{
    size_t bytes = 0;

    for (uint32_t index = 0; index < PARTS; index++) {
        const size_t results_bytes = message_results_bytes(parts[index].results);
        struct message_results *results = malloc(message_results_bytes(CHUNK));
        char *reply = malloc(parts[index].bytes + 1);

        assert_true(reply != NULL && results != NULL);
        results->header = (struct message_header){
            .index = index, .count = parts[index].results, .bytes = results_bytes - sizeof results->header};
        for (uint32_t i = 0; i < parts[index].bytes; i++)
            reply[i] = byte_of(index, i);
        for (uint32_t i = 0; i < parts[index].results; i++)
            results->of[i] = (struct task_result){
                .begin_ns = index, .end_ns = UINT64_MAX - i, .check = 1000 + i, .status = 7};
        assert_true(message_send_reply(fd, index, reply, parts[index].bytes));
        bytes += sizeof(struct message_header) + parts[index].bytes;
        if (parts[index].results > 0) {
            assert_true(message_send_results(fd, results, results_bytes));
            bytes += results_bytes;
        }
        free(results);
        free(reply);
    }
    return bytes;
}

// The stream, as one piece of memory.
static char *make_stream(size_t *ret_bytes)
{
    int ends[2];
    char *stream;

    assert_int_equal(pipe(ends), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, 1 << 18) > 0);
    *ret_bytes = write_stream(ends[1]);
    stream = malloc(*ret_bytes);
    assert_non_null(stream);
    assert_true(message_read(ends[0], stream, *ret_bytes));
    close(ends[0]);
    close(ends[1]);
    return stream;
}

static void check_results(const struct message *message, uint32_t index)
{
    assert_int_equal(message->header.index, index);
    assert_int_equal(message->header.count, parts[index].results);
    for (uint32_t i = 0; i < message->header.count; i++) {
        struct task_result result = message_result(message, i);

        assert_int_equal(result.begin_ns, index);
        assert_true(result.end_ns == UINT64_MAX - i);
        assert_int_equal(result.check, 1000 + i);
        assert_int_equal(result.status, 7);
    }
}

static void check_reply(const struct message *message, uint32_t index)
{
    assert_int_equal(message->header.index, index);
    assert_int_equal(message->header.bytes, parts[index].bytes);
    for (uint32_t i = 0; i < parts[index].bytes; i++)
        assert_int_equal(message->content[i], byte_of(index, i));
}

// Everything that is there; `seen` counts messages.
static void read_messages(struct receiver *receiver, uint32_t *index, bool *replied)
{
    struct message message;

    while (receiver_next(receiver, &message)) {
        assert_true(*index < PARTS);
        if (!*replied) {
            assert_int_equal(message.header.count, 0);
            check_reply(&message, *index);
            *replied = true;
        } else {
            check_results(&message, *index);
        }
        if (message.header.count > 0 || parts[*index].results == 0) {
            (*index)++;
            *replied = false;
        }
    }
}

// However the bytes come, the same messages do.
static void test_pieces(void **state)
{
    static const size_t sizes[] = {1, 2, 15, 16, 17, 63, 4096, 5000, 60000};
    size_t bytes;
    char *stream = make_stream(&bytes);

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        struct receiver receiver;
        uint32_t index = 0;
        bool replied = false;
        int ends[2];

        assert_int_equal(pipe(ends), 0);
        assert_int_equal(receiver_open(&receiver, &trial, ends[0], CHUNK), 0);
        assert_int_equal(receiver_fill(&receiver), 0);
        for (size_t from = 0; from < bytes; from += sizes[s]) {
            size_t piece = bytes - from < sizes[s] ? bytes - from : sizes[s];
            int filled;

            assert_int_equal(write(ends[1], stream + from, piece), piece);
            while ((filled = receiver_fill(&receiver)) == 1)
                read_messages(&receiver, &index, &replied);
            assert_int_equal(filled, 0);
        }
        assert_int_equal(index, PARTS);
        close(ends[1]);
        assert_int_equal(receiver_fill(&receiver), -EPIPE);
        receiver_close(&receiver);
        close(ends[0]);
    }
    free(stream);
}

// A frame and three times the argument and a bit, through a pipe of a page.
static void test_sender(void **state)
{
    static const uint64_t argument_sizes[] = {1, 7, 4096, 10000};
    static char argument[10000], expected[40000], got[40000];
    struct task_frame *frame = calloc(1, task_frame_bytes(1));
    int ends[2];

    (void)state;
    assert_non_null(frame);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    for (size_t i = 0; i < sizeof argument; i++)
        argument[i] = byte_of(3, (uint32_t)i);
    for (size_t s = 0; s < sizeof argument_sizes / sizeof argument_sizes[0]; s++) {
        uint64_t argument_bytes = argument_sizes[s], payload = 3 * argument_bytes + argument_bytes / 2, got_bytes = 0;
        struct sender sender = {
            .fd = ends[1], .frame = frame, .frame_bytes = task_frame_bytes(1), .payload_bytes = payload};
        int gone;

        *frame = (struct task_frame){.first = 0x01020304, .count = 1};
        do {
            ssize_t n;

            gone = sender_flush(&sender, argument, argument_bytes);
            assert_true(gone == 0 || gone == 1);
            while ((n = read(ends[0], got + got_bytes, 1000)) > 0)
                got_bytes += (uint64_t)n;
        } while (gone == 0);
        assert_int_equal(got_bytes, sender.frame_bytes + payload);
        assert_memory_equal(got, frame, sender.frame_bytes);
        for (uint64_t i = 0; i < payload; i++)
            expected[i] = argument[i % argument_bytes];
        assert_memory_equal(got + sender.frame_bytes, expected, payload);
    }
    close(ends[0]);
    assert_int_equal(sender_flush(&(struct sender){.fd = ends[1], .payload_bytes = 1}, argument, 1), -EPIPE);
    close(ends[1]);
    free(frame);
}

static void test_frames(void **state)
{
    (void)state;
    assert_int_equal(task_frame_bytes(1), 8);
    for (uint32_t chunk = 1; chunk <= 1024; chunk++) {
        assert_int_equal(task_frame_bytes(chunk) % _Alignof(struct task_frame), 0);
        assert_true(task_frame_bytes(chunk) >= 6 + 2 * chunk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_sender),
        cmocka_unit_test(test_frames),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
#include "workloads/origin/connection.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "measure/base/clock.h"
#include "workloads/origin/answer.h"
#include "workloads/origin/count.h"
#include "workloads/origin/path.h"
#include "workloads/origin/request.h"
#include "workloads/origin/transport.h"

// How long a client that was refused has to read why, before the connection is closed whether it did or not.
#define LINGER_NS NS_PER_S

enum state {
    READING,   // between answers
    DELAYED,   // an answer waits for its time
    WRITING,   // an answer waits for the client to read
    LINGERING, // all is said, only the client's end is waited for
    CLOSED,    // until libuv gives the handle back
};

struct connection;

// Apart from the connection because timers cannot be cancelled: a client that goes leaves its wait behind, without it.
struct wait {
    struct timer_entry timer;      // first: on_wait_over() casts
    struct connection *connection; // NULL: gone
};

struct connection {
    struct transport transport;
    struct origin_shared *shared;
    struct wait *wait; // made with the first delay, kept for the next
    enum state state;
    bool waiting;              // the wait is among the timers
    bool reading;              // libuv reads
    bool ended;                // the client has sent all it will send
    uint64_t sent, piece, end; // of the answer: bytes the kernel has, bytes it is about to get, bytes in all
    char *kept;                // what came before its turn; NULL: nothing
    size_t kept_at, kept_end;
    struct origin_request request;
    struct origin_answer answer;
};

static struct connection *connection_of(struct origin_request *request)
{
    return (struct connection *)((char *)request - offsetof(struct connection, request));
}

static void on_closed(uv_handle_t *handle)
{
    struct connection *c = handle->data;

    if (c->waiting)
        c->wait->connection = NULL;
    else
        free(c->wait);
    transport_release(&c->transport);
    free(c->kept);
    free(c);
}

static void close_connection(struct connection *c, bool reset)
{
    if (c->state == CLOSED)
        return;
    if ((c->state == DELAYED || c->state == WRITING) && !c->answer.path.stats)
        origin_count_aborted(c->shared);
    transport_end(&c->transport, reset);
    c->state = CLOSED;
    if (!reset || uv_tcp_close_reset(&c->transport.tcp, on_closed) < 0)
        uv_close((uv_handle_t *)&c->transport.tcp, on_closed);
}

void origin_connection_close(uv_handle_t *handle)
{
    close_connection(handle->data, false);
}

static void on_wait_over(struct timer_entry *entry);

// on_wait_over() at `deadline_ns`. 0 or -ENOMEM.
static int wait_until(struct connection *c, uint64_t deadline_ns)
{
    int err;

    if (c->wait == NULL) {
        c->wait = malloc(sizeof *c->wait);
        if (c->wait == NULL)
            return -ENOMEM;
        *c->wait = (struct wait){.timer.fire = on_wait_over, .connection = c};
    }
    err = timers_add(&c->shared->timers, deadline_ns, &c->wait->timer);
    c->waiting = err == 0;
    return err;
}

static void answer_sent(struct connection *c)
{
    if (c->answer.path.reset) {
        close_connection(c, true);
        return;
    }
    if (!c->answer.path.stats)
        origin_count_answered(c->shared, c->end - c->answer.head_length);
    c->state = READING;
    if (c->answer.persistence == ORIGIN_CLOSE)
        close_connection(c, false);
}

static void resume(struct connection *c);
static void write_piece(struct connection *c);

static void on_written(void *connection, int status)
{
    struct connection *c = connection;

    if (c->state == CLOSED)
        return;
    if (status < 0) {
        close_connection(c, false);
        return;
    }
    if (c->state != WRITING) // it was the handshake
        return;
    c->sent += c->piece;
    if (c->sent < c->end) {
        write_piece(c);
        return;
    }
    answer_sent(c);
    resume(c);
}

static uint64_t size_of(const uv_buf_t *slices, unsigned n)
{
    uint64_t size = 0;

    for (unsigned i = 0; i < n; i++)
        size += slices[i].len;
    return size;
}

// One piece at a time, the next when the kernel has taken this one: a slow client holds no memory, and a fast one
// cannot keep the loop from the others.
static void write_piece(struct connection *c)
{
    uv_buf_t slices[ORIGIN_SLICES];
    const unsigned n = origin_answer_slices(&c->answer, c->shared->pattern, c->sent, c->end, slices);

    c->piece = size_of(slices, n);
    if (transport_write(&c->transport, slices, n) < 0)
        close_connection(c, false);
}

// Small answers go out whole in the one system call here.
static void send_answer(struct connection *c)
{
    uv_buf_t slices[ORIGIN_SLICES];
    unsigned n;
    int written;

    c->state = WRITING;
    c->sent = 0;
    n = origin_answer_slices(&c->answer, c->shared->pattern, 0, c->end, slices);
    c->piece = size_of(slices, n);
    written = transport_try_write(&c->transport, slices, n);
    if (written < 0 && written != UV_EAGAIN) {
        close_connection(c, false);
        return;
    }
    if (written > 0)
        c->sent = (uint64_t)written;
    if (c->sent == c->end)
        answer_sent(c);
    else if (c->transport.tls == NULL || written > 0)
        write_piece(c);
}

static void prepare_answer(struct connection *c)
{
    const enum origin_persistence persistence = origin_request_persistence(&c->request);
    struct origin_path path;

    if (!c->request.repeated || c->answer.persistence != persistence || c->answer.path.stats) {
        if (origin_request_path(&c->request, &path) < 0)
            origin_answer_format_error(&c->answer, HTTP_STATUS_NOT_FOUND, persistence);
        else if (path.stats)
            origin_answer_format_stats(&c->answer, c->shared->counters, persistence);
        else
            origin_answer_format(&c->answer, &path, persistence);
    }
    c->end = origin_answer_length(&c->answer, origin_request_is_head(&c->request));
}

static void delay_answer(struct connection *c)
{
    const uint64_t now_ns = clock_now_ns();
    const uint64_t delay_ns = origin_path_draw_delay(&c->answer.path, &c->shared->rng);

    c->state = DELAYED;
    if (wait_until(c, delay_ns < UINT64_MAX - now_ns ? now_ns + delay_ns : UINT64_MAX) < 0)
        close_connection(c, false);
}

static bool on_request(struct origin_request *request)
{
    struct connection *c = connection_of(request);

    prepare_answer(c);
    if (!c->answer.path.stats)
        origin_count_begun(c->shared);
    if (c->answer.path.delay_high_ns > 0)
        delay_answer(c);
    else
        send_answer(c);
    return c->state == READING;
}

static bool on_expect(struct origin_request *request)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct connection *c = connection_of(request);
    const uv_buf_t buf = uv_buf_init((char *)go_on, sizeof go_on - 1);

    // No answer is under way, so only a client that never reads finds no room for so little.
    if (transport_try_write(&c->transport, &buf, 1) != (int)buf.len)
        close_connection(c, false);
    return c->state == READING;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf)
{
    struct connection *c = handle->data;

    *ret_buf = uv_buf_init(c->shared->inbox, ORIGIN_INBOX_SIZE);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buf);

static void start_reading(struct connection *c)
{
    if (c->reading)
        return;
    c->reading = true;
    if (uv_read_start((uv_stream_t *)&c->transport.tcp, on_alloc, on_read) < 0)
        close_connection(c, false);
}

// Says 400 and goes. Closing with something unread would make the kernel send a reset, which can overtake the answer:
// so our side is shut first, and what the client still sends is read and dropped until it ends too.
static void refuse(struct connection *c)
{
    uv_buf_t slices[ORIGIN_SLICES];
    unsigned n;
    int fd;

    origin_answer_format_error(&c->answer, HTTP_STATUS_BAD_REQUEST, ORIGIN_CLOSE);
    n = origin_answer_slices(&c->answer, c->shared->pattern, 0, c->answer.text_length, slices);
    transport_try_write(&c->transport, slices, n);
    c->state = LINGERING;
    if (c->ended || uv_fileno((uv_handle_t *)&c->transport.tcp, &fd) < 0 || shutdown(fd, SHUT_WR) < 0 ||
        wait_until(c, clock_now_ns() + LINGER_NS) < 0)
        close_connection(c, false);
    else
        start_reading(c);
}

// Returns how many bytes were used up: all, unless an answer now takes time.
static size_t take(struct connection *c, const char *data, size_t length)
{
    bool malformed;
    const size_t used = origin_request_read(&c->request, data, length, &malformed);

    if (malformed)
        refuse(c);
    return c->state == DELAYED || c->state == WRITING ? used : length;
}

static void keep(struct connection *c, const char *data, size_t length)
{
    char *room;

    if (c->kept_at > 0) {
        memmove(c->kept, c->kept + c->kept_at, c->kept_end - c->kept_at);
        c->kept_end -= c->kept_at;
        c->kept_at = 0;
    }
    room = realloc(c->kept, c->kept_end + length);
    if (room == NULL) {
        close_connection(c, false);
        return;
    }
    c->kept = room;
    memcpy(c->kept + c->kept_end, data, length);
    c->kept_end += length;
    if (c->kept_end >= ORIGIN_INBOX_SIZE) {
        uv_read_stop((uv_stream_t *)&c->transport.tcp);
        c->reading = false;
    }
}

// After an answer: goes on with what was kept, then with the socket.
static void resume(struct connection *c)
{
    while (c->state == READING && c->kept_at < c->kept_end)
        c->kept_at += take(c, c->kept + c->kept_at, c->kept_end - c->kept_at);
    if (c->state != READING)
        return;
    free(c->kept);
    c->kept = NULL;
    c->kept_at = c->kept_end = 0;
    if (c->ended)
        close_connection(c, false);
    else
        start_reading(c);
}

static void on_wait_over(struct timer_entry *entry)
{
    struct wait *wait = (struct wait *)entry;
    struct connection *c = wait->connection;

    if (c == NULL) {
        free(wait);
        return;
    }
    c->waiting = false;
    if (c->state == LINGERING) {
        close_connection(c, false);
    } else if (c->state == DELAYED) {
        send_answer(c);
        resume(c);
    }
}

// A client that ends while its answer is being written may have shut its side only, and still reads. One that ends
// during a delay is taken to have gone: the two cannot be told apart, and giving up is what clients do then.
static void on_end(struct connection *c, ssize_t error)
{
    c->ended = true;
    if (error != UV_EOF || c->state != WRITING)
        close_connection(c, false);
}

static bool on_received(void *connection, const char *data, size_t length)
{
    struct connection *c = connection;
    size_t used = 0;

    if (c->state == READING)
        used = take(c, data, length);
    if ((c->state == DELAYED || c->state == WRITING) && used < length)
        keep(c, data + used, length - used);
    return c->state < LINGERING;
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buf)
{
    struct connection *c = stream->data;

    // What a client says that was refused nobody wants to know.
    if (length >= 0 && c->state < LINGERING)
        length = transport_receive(&c->transport, buf, (size_t)length);
    if (length < 0 && c->state != CLOSED)
        on_end(c, length);
}

int origin_connection_accept(struct origin_shared *shared, struct origin_tls *tls, uv_stream_t *listener)
{
    struct connection *c = calloc(1, sizeof *c);
    int err;

    if (c == NULL)
        return -ENOMEM;
    c->shared = shared;
    c->transport = (struct transport){.shared = shared, .written = on_written, .received = on_received, .data = c};
    err = transport_accept(&c->transport, tls, listener);
    if (err == -ENOMEM) {
        free(c);
        return err;
    }
    if (err < 0) {
        close_connection(c, false);
        return err;
    }
    origin_request_init(&c->request, on_request, on_expect);
    start_reading(c);
    return 0;
}

// SPDX-License-Identifier: MIT
#include "workloads/origin/connection.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "measure/base/clock.h"
#include "workloads/origin/connection_inner.h"

// How long a client that was refused has to read why, before the connection is closed whether it did or not.
#define LINGER_NS NS_PER_S

// Apart from the connection because timers cannot be cancelled: a client that goes leaves its wait behind, without it.
struct connection_wait {
    struct timer_entry timer;      // first: on_wait_over() casts
    struct connection *connection; // NULL: gone
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
    origin_answer_release(&c->answer);
    free(c->kept);
    free(c);
}

void connection_close(struct connection *c, bool reset)
{
    if (c->state == CONNECTION_CLOSED)
        return;
    if ((c->state == CONNECTION_DELAYED || c->state == CONNECTION_WRITING) && connection_is_counted(c))
        origin_count_aborted(c->shared);
    // Without a lease nothing is under way.
    if (c->shared->guard != NULL && origin_guard_left(c->shared->guard, &c->guest))
        origin_follow(c->shared);
    transport_end(&c->transport, reset);
    c->state = CONNECTION_CLOSED;
    if (!reset || uv_tcp_close_reset(&c->transport.tcp, on_closed) < 0)
        uv_close((uv_handle_t *)&c->transport.tcp, on_closed);
}

void origin_connection_close(uv_handle_t *handle)
{
    connection_close(handle->data, false);
}

static void on_wait_over(struct timer_entry *entry);

int connection_wait_until(struct connection *c, uint64_t deadline_ns)
{
    int err;

    if (c->wait == NULL) {
        c->wait = malloc(sizeof *c->wait);
        if (c->wait == NULL)
            return -ENOMEM;
        *c->wait = (struct connection_wait){.timer.fire = on_wait_over, .connection = c};
    }
    err = timers_add(&c->shared->timers, deadline_ns, &c->wait->timer);
    c->waiting = err == 0;
    return err;
}

static bool on_request(struct origin_request *request)
{
    struct connection *c = connection_of(request);

    c->unfinished = 0;
    connection_answer(c);
    return c->state == CONNECTION_READING;
}

static bool on_expect(struct origin_request *request)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct connection *c = connection_of(request);
    const uv_buf_t buf = uv_buf_init((char *)go_on, sizeof go_on - 1);

    // No answer is under way, so only a client that never reads finds no room for so little.
    if (transport_try_write(&c->transport, &buf, 1) != (int)buf.len)
        connection_close(c, false);
    return c->state == CONNECTION_READING;
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
        connection_close(c, false);
}

// Says what is wrong and goes. Closing with something unread would make the kernel send a reset, which can overtake the answer:
// so our side is shut first, and what the client still sends is read and dropped until it ends too.
static void refuse(struct connection *c, unsigned status)
{
    uv_buf_t slices[ORIGIN_SLICES];
    unsigned n;
    int fd;

    origin_answer_format_error(&c->answer, status, ORIGIN_CLOSE);
    n = origin_answer_slices(&c->answer, c->shared->pattern, 0, c->answer.text_length, slices);
    transport_try_write(&c->transport, slices, n);
    c->state = CONNECTION_LINGERING;
    if (c->ended || uv_fileno((uv_handle_t *)&c->transport.tcp, &fd) < 0 || shutdown(fd, SHUT_WR) < 0 ||
        connection_wait_until(c, clock_now_ns() + LINGER_NS) < 0)
        connection_close(c, false);
    else
        start_reading(c);
}

static bool is_too_long(const struct connection *c)
{
    const struct origin_guard *guard = c->shared->guard;

    return guard != NULL && guard->token[0] != '\0' && c->guest.stranger && c->unfinished > ORIGIN_REQUEST_MOST;
}

// Returns how many bytes were used up: all, unless an answer now takes time.
static size_t take(struct connection *c, const char *data, size_t length)
{
    bool malformed;
    size_t used;

    c->unfinished += length;
    used = origin_request_read(&c->request, data, length, &malformed);
    if (malformed) {
        refuse(c, HTTP_STATUS_BAD_REQUEST);
    } else if (c->state == CONNECTION_READING && is_too_long(c)) {
        origin_guard_note(&c->shared->guard->strangers.dropped);
        refuse(c, HTTP_STATUS_PAYLOAD_TOO_LARGE);
    }
    return c->state == CONNECTION_DELAYED || c->state == CONNECTION_WRITING ? used : length;
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
        connection_close(c, false);
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

// With what was kept, then with the socket.
void connection_resume(struct connection *c)
{
    while (c->state == CONNECTION_READING && c->kept_at < c->kept_end)
        c->kept_at += take(c, c->kept + c->kept_at, c->kept_end - c->kept_at);
    if (c->state != CONNECTION_READING)
        return;
    free(c->kept);
    c->kept = NULL;
    c->kept_at = c->kept_end = 0;
    if (c->ended)
        connection_close(c, false);
    else
        start_reading(c);
}

static void on_wait_over(struct timer_entry *entry)
{
    struct connection_wait *wait = (struct connection_wait *)entry;
    struct connection *c = wait->connection;

    if (c == NULL) {
        free(wait);
        return;
    }
    c->waiting = false;
    if (c->state == CONNECTION_LINGERING) {
        connection_close(c, false);
    } else if (c->state == CONNECTION_DELAYED) {
        connection_send(c);
        connection_resume(c);
    }
}

// A client that ends while its answer is being written may have shut its side only, and still reads. One that ends
// during a delay is taken to have gone: the two cannot be told apart, and giving up is what clients do then.
static void on_end(struct connection *c, ssize_t error)
{
    c->ended = true;
    if (error != UV_EOF || c->state != CONNECTION_WRITING)
        connection_close(c, false);
}

static bool on_received(void *connection, const char *data, size_t length)
{
    struct connection *c = connection;
    size_t used = 0;

    if (c->state == CONNECTION_READING)
        used = take(c, data, length);
    if ((c->state == CONNECTION_DELAYED || c->state == CONNECTION_WRITING) && used < length)
        keep(c, data + used, length - used);
    return c->state < CONNECTION_LINGERING;
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buf)
{
    struct connection *c = stream->data;

    // What a client says that was refused nobody wants to know.
    if (length >= 0 && c->state < CONNECTION_LINGERING)
        length = transport_receive(&c->transport, buf, (size_t)length);
    if (length < 0 && c->state != CONNECTION_CLOSED)
        on_end(c, length);
}

int origin_connection_accept(struct origin_shared *shared, struct origin_tls *tls, uv_stream_t *listener)
{
    struct connection *c = calloc(1, sizeof *c);
    int err;

    if (c == NULL)
        return -ENOMEM;
    origin_follow(shared);
    c->shared = shared;
    c->transport = (struct transport){
        .shared = shared, .written = connection_written, .received = on_received, .data = c};
    err = transport_accept(&c->transport, tls, listener);
    if (err == -ENOMEM) {
        free(c);
        return err;
    }
    if (shared->guard != NULL)
        origin_guard_arrived(shared->guard, &c->guest);
    c->counted_for = origin_counts_at_once(shared) ? shared->trial : CONNECTION_NO_TRIAL;
    if (err < 0) {
        connection_close(c, false);
        return err;
    }
    origin_request_init(&c->request, on_request, on_expect);
    start_reading(c);
    return 0;
}

static struct connection *connection_of_guest(struct origin_guest *guest)
{
    return (struct connection *)((char *)guest - offsetof(struct connection, guest));
}

void origin_connection_end(struct origin_guest *guest)
{
    connection_close(connection_of_guest(guest), false);
}

void origin_connection_drop(struct origin_shared *shared, struct origin_guest *guest)
{
    origin_guard_note(&shared->guard->strangers.dropped);
    origin_connection_end(guest);
}

void origin_connection_sweep(struct origin_shared *shared)
{
    struct origin_guest *guest = shared->guard->oldest, *newer;

    for (; guest != NULL; guest = newer) {
        newer = guest->newer;
        if (connection_of_guest(guest)->state != CONNECTION_DELAYED && ++guest->waited_s > ORIGIN_PATIENCE_S)
            origin_connection_drop(shared, guest);
    }
}

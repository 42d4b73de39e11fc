// SPDX-License-Identifier: MIT
#include <string.h>

#include "measure/base/clock.h"
#include "workloads/origin/connection_inner.h"
#include "workloads/origin/control.h"

bool connection_is_counted(const struct connection *c)
{
    return !c->answer.path.stats && c->trial == c->shared->trial;
}

static void answer_sent(struct connection *c)
{
    c->guest.waited_s = 0;
    if (c->answer.path.reset) {
        connection_close(c, true);
        return;
    }
    if (connection_is_counted(c))
        origin_count_answered(c->shared, c->end - c->answer.head_length);
    c->state = CONNECTION_READING;
    if (c->answer.persistence == ORIGIN_CLOSE)
        connection_close(c, false);
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
        connection_close(c, false);
}

void connection_written(void *connection, int status)
{
    struct connection *c = connection;

    if (c->state == CONNECTION_CLOSED)
        return;
    if (status < 0) {
        connection_close(c, false);
        return;
    }
    if (c->state != CONNECTION_WRITING) // it was the handshake
        return;
    c->sent += c->piece;
    if (c->sent < c->end) {
        write_piece(c);
        return;
    }
    answer_sent(c);
    connection_resume(c);
}

// Small answers go out whole in the one system call here.
void connection_send(struct connection *c)
{
    uv_buf_t slices[ORIGIN_SLICES];
    unsigned n;
    int written;

    c->state = CONNECTION_WRITING;
    c->sent = 0;
    n = origin_answer_slices(&c->answer, c->shared->pattern, 0, c->end, slices);
    c->piece = size_of(slices, n);
    written = transport_try_write(&c->transport, slices, n);
    if (written < 0 && written != UV_EAGAIN) {
        connection_close(c, false);
        return;
    }
    if (written > 0)
        c->sent = (uint64_t)written;
    if (c->sent == c->end)
        answer_sent(c);
    else if (c->transport.tls == NULL || written > 0)
        write_piece(c);
}

static void answer_path(struct connection *c, const char *target, size_t length, enum origin_persistence persistence)
{
    struct origin_path path;

    if (target == NULL || origin_path_parse(target, length, &path) < 0)
        origin_answer_format_error(&c->answer, HTTP_STATUS_NOT_FOUND, persistence);
    else if (path.stats)
        origin_control_stats(c, persistence);
    else
        origin_answer_format(&c->answer, &path, persistence);
}

// The connection is the trial's from its first request on.
static void join_trial(struct connection *c)
{
    struct origin_shared *shared = c->shared;

    origin_guard_known(shared->guard, &c->guest);
    c->trial = shared->trial;
    if (c->counted_for == shared->trial)
        return;
    c->counted_for = shared->trial;
    origin_count_connection(shared, c->transport.tls != NULL);
    if (c->transport.tls != NULL)
        origin_count_handshake(shared, c->transport.resumed);
}

// Of a request that may be anybody's.
static void answer_stranger(struct connection *c, const char *target, size_t length, bool admitted,
                            enum origin_persistence persistence)
{
    struct origin_strangers *strangers = &c->shared->guard->strangers;

    c->trial = CONNECTION_NO_TRIAL;
    origin_guard_note(&strangers->requests);
    answer_path(c, target, length, persistence);
    if (admitted || (origin_guard_allows(&c->answer.path) && !(target != NULL && origin_control_asked(target, length))))
        return;
    origin_guard_note(&strangers->refused);
    origin_answer_format_error(&c->answer, HTTP_STATUS_FORBIDDEN, persistence);
}

static void answer_guarded(struct connection *c, const char *target, size_t length, enum origin_persistence persistence)
{
    struct origin_guard *guard = c->shared->guard;
    bool admitted;

    if (target != NULL && origin_guard_marked(guard, &target, &length)) {
        join_trial(c);
        answer_path(c, target, length, persistence);
        return;
    }
    admitted = origin_guard_admits(guard, c->request.authorization);
    if (admitted && guard->token[0] != '\0')
        origin_guard_known(guard, &c->guest);
    if (target != NULL && admitted && origin_control_answer(c, target, length, persistence))
        return;
    if (origin_guard_apart(guard)) {
        answer_stranger(c, target, length, admitted, persistence);
        return;
    }
    c->trial = c->shared->trial;
    answer_path(c, target, length, persistence);
}

// Whether the request before was the same and had the answer that this one gets.
static bool is_repeated(const struct connection *c, enum origin_persistence persistence)
{
    return c->request.repeated && c->answer.persistence == persistence && !c->answer.path.stats &&
           c->trial == c->shared->trial;
}

static void prepare_answer(struct connection *c)
{
    const enum origin_persistence persistence = origin_request_persistence(&c->request);
    const char *target = NULL;
    size_t length = 0;

    if (!is_repeated(c, persistence)) {
        if (origin_request_target(&c->request, &target, &length) < 0)
            target = NULL;
        if (c->shared->guard != NULL)
            answer_guarded(c, target, length, persistence);
        else
            answer_path(c, target, length, persistence);
    }
    c->end = origin_answer_length(&c->answer, origin_request_is_head(&c->request));
}

static void delay_answer(struct connection *c)
{
    struct origin_shared *shared = c->shared;
    struct rng *rng = c->trial == CONNECTION_NO_TRIAL ? &shared->guard->rng : &shared->rng;
    const uint64_t now_ns = clock_now_ns();
    const uint64_t delay_ns = origin_path_draw_delay(&c->answer.path, rng);

    c->state = CONNECTION_DELAYED;
    if (connection_wait_until(c, delay_ns < UINT64_MAX - now_ns ? now_ns + delay_ns : UINT64_MAX) < 0)
        connection_close(c, false);
}

void connection_answer(struct connection *c)
{
    c->guest.waited_s = 0;
    origin_follow(c->shared);
    prepare_answer(c);
    if (connection_is_counted(c))
        origin_count_begun(c->shared);
    if (c->answer.path.delay_high_ns > 0)
        delay_answer(c);
    else
        connection_send(c);
}

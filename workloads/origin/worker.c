// SPDX-License-Identifier: MIT
#include "workloads/origin/worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "measure/base/timers.h"
#include "workloads/origin/answer.h"
#include "workloads/origin/connection.h"
#include "workloads/origin/keep_alive.h"

// More than any kernel grants: it is cut to net.core.somaxconn.
#define BACKLOG 65535

// A client that has vanished without a word (a cut cable, a machine without power) is noticed within 10 s, by probes, which its
// kernel answers while it lives, once nothing has been heard for so long.
#define PROBE_AFTER_S 4
#define PROBE_EVERY_S 2
#define SWEEP_MS 1000

static void on_connection(uv_stream_t *listener, int status);

static void on_refused(uv_handle_t *handle)
{
    struct origin_listener *listener = handle->data;

    listener->refusing = false;
    if (listener->refuse_more) {
        listener->refuse_more = false;
        on_connection((uv_stream_t *)&listener->tcp, 0);
    }
}

// libuv accepts no more until the pending connection is taken: so it is, and closed. While one such is closing the
// next stays pending.
static void refuse_connection(struct origin_listener *listener)
{
    if (listener->refusing) {
        listener->refuse_more = true;
        return;
    }
    listener->refusing = true;
    uv_tcp_init(&listener->worker->loop, &listener->refused);
    listener->refused.data = listener;
    uv_accept((uv_stream_t *)&listener->tcp, (uv_stream_t *)&listener->refused);
    uv_close((uv_handle_t *)&listener->refused, on_refused);
}

// Where a token says who is a stranger, one of these goes that has said nothing yet, if there must be room for another.
static bool make_room(struct origin_worker *worker)
{
    struct origin_guard *guard = worker->shared.guard;
    struct origin_guest *oldest;

    if (guard == NULL || guard->token[0] == '\0' || origin_guard_has_room(guard, &oldest))
        return true;
    if (oldest != NULL)
        origin_connection_drop(&worker->shared, oldest);
    else
        origin_guard_note(&guard->strangers.dropped);
    return oldest != NULL;
}

// libuv calls this once for each connection waiting, as many as there are at each wake-up. Out of descriptors, it
// gives up one it keeps in reserve to accept and close what waits (uv__emfile_trick), and tells us with a status.
static void on_connection(uv_stream_t *stream, int status)
{
    struct origin_listener *listener = stream->data;

    if (status != 0 || uv_is_closing((uv_handle_t *)stream))
        return;
    if (!make_room(listener->worker) ||
        origin_connection_accept(&listener->worker->shared, listener->tls, stream) == -ENOMEM)
        refuse_connection(listener);
}

static void on_second(uv_timer_t *timer)
{
    struct origin_worker *worker = timer->data;

    struct origin_guest *evicted = origin_guard_evicted(&worker->guard);

    if (evicted != NULL)
        origin_connection_end(evicted);
    if (worker->guard.token[0] != '\0')
        origin_connection_sweep(&worker->shared);
}

static void on_before_poll(uv_prepare_t *prepare)
{
    struct origin_worker *worker = prepare->data;

    timers_arm(&worker->shared.timers);
}

static void on_end(uv_async_t *async)
{
    uv_stop(async->loop);
}

static int add_handles(struct origin_worker *worker)
{
    uv_prepare_init(&worker->loop, &worker->before_poll);
    worker->before_poll.data = worker;
    uv_prepare_start(&worker->before_poll, on_before_poll);
    uv_timer_init(&worker->loop, &worker->every_second);
    worker->every_second.data = worker;
    if (worker->shared.guard != NULL)
        uv_timer_start(&worker->every_second, on_second, SWEEP_MS, SWEEP_MS);
    return uv_async_init(&worker->loop, &worker->end, on_end);
}

int origin_worker_init(struct origin_worker *worker, struct origin_lease *lease)
{
    const struct origin_config *config = worker->shared.config;
    int err;

    if (config->guarded) {
        origin_guard_init(&worker->guard, lease, config->token);
        worker->shared.guard = &worker->guard;
    }
    worker->shared.pattern = malloc(ORIGIN_PATTERN_SIZE);
    worker->shared.inbox = malloc(ORIGIN_INBOX_SIZE);
    if (worker->shared.pattern == NULL || worker->shared.inbox == NULL)
        return -ENOMEM;
    origin_pattern_fill(worker->shared.pattern, ORIGIN_PATTERN_SIZE);
    err = uv_loop_init(&worker->loop);
    if (err < 0)
        return err;
    worker->loop_made = true;
    err = timers_open(&worker->shared.timers, &worker->loop);
    if (err < 0)
        return err;
    worker->timers_made = true;
    return add_handles(worker);
}

static int parse_address(const struct origin_config *config, uint16_t port, struct sockaddr_storage *ret_address)
{
    const char *text = config->address != NULL ? config->address : "127.0.0.1";

    if (uv_ip4_addr(text, port, (struct sockaddr_in *)ret_address) == 0)
        return 0;
    return uv_ip6_addr(text, port, (struct sockaddr_in6 *)ret_address);
}

static int bound_port(const struct origin_listener *listener, uint16_t *ret_port)
{
    struct sockaddr_storage address;
    int length = sizeof address;
    const int err = uv_tcp_getsockname(&listener->tcp, (struct sockaddr *)&address, &length);

    if (err < 0)
        return err;
    *ret_port = address.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&address)->sin_port)
                                             : ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return 0;
}

// What is accepted has the listener's options.
static int probe_clients(const struct origin_listener *listener)
{
    int fd, err = uv_fileno((const uv_handle_t *)&listener->tcp, &fd);

    return err == 0 ? keep_alive(fd, PROBE_AFTER_S, PROBE_EVERY_S) : err;
}

static int share_port(const struct origin_listener *listener)
{
    int fd, err = uv_fileno((const uv_handle_t *)&listener->tcp, &fd);

    if (err == 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &(int){1}, sizeof(int)) != 0)
        err = -errno;
    return err;
}

// libuv sets SO_REUSEADDR, and tells that a port is taken when it is to listen. The first binds its port before it shares it, so
// that one that others have, ccbench's too, is taken.
static int bind_to(struct origin_listener *listener, const struct sockaddr_storage *address, bool first)
{
    const bool shares = listener->worker->shared.config->workers > 1;
    int err = uv_tcp_init_ex(&listener->worker->loop, &listener->tcp, address->ss_family);

    if (err != 0)
        return err;
    listener->tcp.data = listener;
    listener->worker->listening++;
    if (shares && !first)
        err = share_port(listener);
    if (err == 0)
        err = uv_tcp_bind(&listener->tcp, (const struct sockaddr *)address, 0);
    if (err == 0 && shares && first)
        err = share_port(listener);
    return err;
}

int origin_worker_listen(struct origin_worker *worker, uint16_t port, bool first, struct origin_tls *tls,
                         uint16_t *ret_port)
{
    const struct origin_config *config = worker->shared.config;
    struct origin_listener *listener = &worker->listeners[worker->listening];
    struct sockaddr_storage address;
    int err = parse_address(config, port, &address);

    listener->worker = worker;
    listener->tls = tls;
    if (err == 0)
        err = bind_to(listener, &address, first);
    if (err == 0 && config->guarded)
        err = probe_clients(listener);
    if (err == 0)
        err = uv_listen((uv_stream_t *)&listener->tcp, BACKLOG, on_connection);
    return err == 0 ? bound_port(listener, ret_port) : err;
}

void origin_worker_run(struct origin_worker *worker)
{
    uv_run(&worker->loop, UV_RUN_DEFAULT);
}

void origin_worker_end(struct origin_worker *worker)
{
    uv_async_send(&worker->end);
}

static void close_connections(uv_handle_t *handle, void *data)
{
    const struct origin_worker *worker = data;
    bool own = false;

    for (unsigned i = 0; i < ORIGIN_LISTENERS; i++)
        own |= handle == (const uv_handle_t *)&worker->listeners[i].tcp ||
               handle == (const uv_handle_t *)&worker->listeners[i].refused;
    if (handle->type == UV_TCP && !own)
        origin_connection_close(handle);
}

// Those of add_handles and bind_to, as far as they came, and of whoever serves by this loop too.
static void close_others(uv_handle_t *handle, void *data)
{
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void origin_worker_release(struct origin_worker *worker)
{
    if (worker->timers_made) {
        uv_walk(&worker->loop, close_connections, worker);
        // Waits that outlived their connections free themselves as they fire; the others find theirs closed.
        timers_fire_due(&worker->shared.timers, UINT64_MAX, worker->shared.timers.count);
        timers_close(&worker->shared.timers);
    }
    if (worker->loop_made) {
        uv_walk(&worker->loop, close_others, NULL);
        uv_run(&worker->loop, UV_RUN_DEFAULT);
        uv_loop_close(&worker->loop);
    }
    free(worker->shared.pattern);
    free(worker->shared.inbox);
}

// SPDX-License-Identifier: MIT
#include "workloads/origin/origin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "measure/base/signals.h"
#include "measure/base/timers.h"
#include "workloads/origin/answer.h"
#include "workloads/origin/connection.h"
#include "workloads/origin/count.h"
#include "workloads/origin/guard.h"
#include "workloads/origin/keep_alive.h"
#include "workloads/origin/tls.h"

// More than any kernel grants: it is cut to net.core.somaxconn.
#define BACKLOG 65535

// A client that has vanished without a word (a cut cable, a machine without power) is noticed within 10 s, by probes, which its
// kernel answers while it lives, once nothing has been heard for so long.
#define PROBE_AFTER_S 4
#define PROBE_EVERY_S 2
#define SWEEP_MS 1000

struct origin;

struct listener {
    uv_tcp_t tcp;
    uv_tcp_t refused;           // a connection there is no memory for
    bool refusing, refuse_more; // `refused` is closing; another waits for it
    struct origin_tls *tls;     // what its connections speak; NULL: none
    struct origin *origin;
};

enum { PLAIN, TLS, LISTENERS };

struct origin {
    uv_loop_t loop;
    struct listener listeners[LISTENERS];
    unsigned listening; // how many of them do
    uv_signal_t terminate, interrupt, hangup;
    uv_prepare_t before_poll;
    uv_timer_t every_second; // with a guard
    bool loop_made, timers_made;
    struct origin_shared shared;
    struct origin_counters counters; // where the starter has none
    struct origin_guard guard;       // where it is guarded
    struct origin_ready ready;
};

static void on_connection(uv_stream_t *listener, int status);

static void on_refused(uv_handle_t *handle)
{
    struct listener *listener = handle->data;

    listener->refusing = false;
    if (listener->refuse_more) {
        listener->refuse_more = false;
        on_connection((uv_stream_t *)&listener->tcp, 0);
    }
}

// libuv accepts no more until the pending connection is taken: so it is, and closed. While one such is closing the
// next stays pending.
static void refuse_connection(struct listener *listener)
{
    if (listener->refusing) {
        listener->refuse_more = true;
        return;
    }
    listener->refusing = true;
    uv_tcp_init(&listener->origin->loop, &listener->refused);
    listener->refused.data = listener;
    uv_accept((uv_stream_t *)&listener->tcp, (uv_stream_t *)&listener->refused);
    uv_close((uv_handle_t *)&listener->refused, on_refused);
}

// Where a token says who is a stranger, one of these goes that has said nothing yet, if there must be room for another.
static bool make_room(struct origin *origin)
{
    struct origin_guard *guard = origin->shared.guard;
    struct origin_guest *oldest;

    if (guard == NULL || guard->token[0] == '\0' || origin_guard_has_room(guard, &oldest))
        return true;
    if (oldest != NULL)
        origin_connection_drop(&origin->shared, oldest);
    else
        guard->strangers.dropped++;
    return oldest != NULL;
}

// libuv calls this once for each connection waiting, as many as there are at each wake-up. Out of descriptors, it
// gives up one it keeps in reserve to accept and close what waits (uv__emfile_trick), and tells us with a status.
static void on_connection(uv_stream_t *stream, int status)
{
    struct listener *listener = stream->data;

    if (status != 0 || uv_is_closing((uv_handle_t *)stream))
        return;
    if (!make_room(listener->origin) ||
        origin_connection_accept(&listener->origin->shared, listener->tls, stream) == -ENOMEM)
        refuse_connection(listener);
}

static void on_second(uv_timer_t *timer)
{
    struct origin *origin = timer->data;

    if (origin->guard.token[0] != '\0')
        origin_connection_sweep(&origin->shared);
}

static void on_before_poll(uv_prepare_t *prepare)
{
    struct origin *origin = prepare->data;

    timers_arm(&origin->shared.timers);
}

static void on_signal(uv_signal_t *handle, int number)
{
    uv_stop(handle->loop);
}

static int parse_address(const struct origin_config *config, uint16_t port, struct sockaddr_storage *ret_address)
{
    const char *text = config->address != NULL ? config->address : "127.0.0.1";

    if (uv_ip4_addr(text, port, (struct sockaddr_in *)ret_address) == 0)
        return 0;
    return uv_ip6_addr(text, port, (struct sockaddr_in6 *)ret_address);
}

static int bound_port(const struct listener *listener, uint16_t *ret_port)
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
static int probe_clients(const struct listener *listener)
{
    int fd, err = uv_fileno((const uv_handle_t *)&listener->tcp, &fd);

    return err == 0 ? keep_alive(fd, PROBE_AFTER_S, PROBE_EVERY_S) : err;
}

// libuv sets SO_REUSEADDR.
static int listen_on(struct origin *origin, const struct origin_config *config, uint16_t port, uint16_t *ret_port)
{
    struct listener *listener = &origin->listeners[origin->listening];
    struct sockaddr_storage address;
    int err = parse_address(config, port, &address);

    uv_tcp_init(&origin->loop, &listener->tcp);
    listener->origin = origin;
    listener->tcp.data = listener;
    origin->listening++;
    if (err == 0)
        err = uv_tcp_bind(&listener->tcp, (const struct sockaddr *)&address, 0);
    if (err == 0 && config->guarded)
        err = probe_clients(listener);
    if (err == 0)
        err = uv_listen((uv_stream_t *)&listener->tcp, BACKLOG, on_connection);
    return err == 0 ? bound_port(listener, ret_port) : err;
}

static int start_listening(struct origin *origin, const struct origin_config *config, struct origin_ready *ret_ready)
{
    struct origin_tls *tls = origin->listeners[TLS].tls;
    int err = listen_on(origin, config, config->port, &ret_ready->port);

    if (err == 0 && tls != NULL) {
        err = listen_on(origin, config, 0, &ret_ready->tls_port);
        ret_ready->certificate = origin_tls_certificate(tls);
    }
    return err;
}

// Few enough bytes for a pipe to take at once.
static int write_ready(int fd, const struct origin_ready *ready)
{
    char text[sizeof "65535 65535\n" + ORIGIN_CERTIFICATE];
    const int length = snprintf(text, sizeof text, "%u %u\n%s", (unsigned)ready->port, (unsigned)ready->tls_port,
                                ready->certificate != NULL ? ready->certificate : "");
    ssize_t n;

    do
        n = write(fd, text, (size_t)length);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    close(fd);
    return 0;
}

// Everything that can fail before the port is asked for. On failure what was made is there for release() to see.
static int init(struct origin *origin, const struct origin_config *config)
{
    int err;

    origin->shared.counters = config->counters != NULL ? config->counters : &origin->counters;
    origin->shared.rng.state = config->seed;
    origin->shared.config = config;
    origin->shared.ready = &origin->ready;
    if (config->guarded) {
        origin_guard_init(&origin->guard, config->token);
        origin->shared.guard = &origin->guard;
    }
    origin->shared.pattern = malloc(ORIGIN_PATTERN_SIZE);
    origin->shared.inbox = malloc(ORIGIN_INBOX_SIZE);
    if (origin->shared.pattern == NULL || origin->shared.inbox == NULL)
        return -ENOMEM;
    origin_pattern_fill(origin->shared.pattern, ORIGIN_PATTERN_SIZE);
    err = uv_loop_init(&origin->loop);
    if (err < 0)
        return err;
    origin->loop_made = true;
    err = timers_open(&origin->shared.timers, &origin->loop);
    if (err < 0)
        return err;
    origin->timers_made = true;
    return config->tls ? origin_tls_open(config->host, &origin->listeners[TLS].tls) : 0;
}

static int add_handles(struct origin *origin)
{
    int err;

    uv_prepare_init(&origin->loop, &origin->before_poll);
    origin->before_poll.data = origin;
    uv_prepare_start(&origin->before_poll, on_before_poll);
    uv_timer_init(&origin->loop, &origin->every_second);
    origin->every_second.data = origin;
    if (origin->shared.guard != NULL)
        uv_timer_start(&origin->every_second, on_second, SWEEP_MS, SWEEP_MS);
    err = uv_signal_init(&origin->loop, &origin->terminate);
    if (err == 0)
        err = uv_signal_start(&origin->terminate, on_signal, SIGTERM);
    if (err == 0)
        err = uv_signal_init(&origin->loop, &origin->interrupt);
    if (err == 0)
        err = uv_signal_start(&origin->interrupt, on_signal, SIGINT);
    if (err == 0)
        err = uv_signal_init(&origin->loop, &origin->hangup);
    if (err == 0 && !signals_hangup_ignored())
        err = uv_signal_start(&origin->hangup, on_signal, SIGHUP);
    return err;
}

static void close_connections(uv_handle_t *handle, void *data)
{
    const struct origin *origin = data;
    bool own = false;

    for (unsigned i = 0; i < LISTENERS; i++)
        own |= handle == (const uv_handle_t *)&origin->listeners[i].tcp ||
               handle == (const uv_handle_t *)&origin->listeners[i].refused;
    if (handle->type == UV_TCP && !own)
        origin_connection_close(handle);
}

// Those of add_handles and listen_on, as far as they came.
static void close_others(uv_handle_t *handle, void *data)
{
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void release(struct origin *origin)
{
    if (origin->timers_made) {
        uv_walk(&origin->loop, close_connections, origin);
        // Waits that outlived their connections free themselves as they fire; the others find theirs closed.
        timers_fire_due(&origin->shared.timers, UINT64_MAX, origin->shared.timers.count);
        timers_close(&origin->shared.timers);
    }
    if (origin->loop_made) {
        uv_walk(&origin->loop, close_others, NULL);
        uv_run(&origin->loop, UV_RUN_DEFAULT);
        uv_loop_close(&origin->loop);
    }
    origin_tls_close(origin->listeners[TLS].tls);
    free(origin->shared.pattern);
    free(origin->shared.inbox);
}

static int serve(struct origin *origin, const struct origin_config *config,
                 int (*announce)(const struct origin_ready *ready, void *data), void *data)
{
    int err = add_handles(origin);

    if (err == 0)
        err = start_listening(origin, config, &origin->ready);
    if (err == 0 && config->ready_fd >= 0)
        err = write_ready(config->ready_fd, &origin->ready);
    if (err == 0 && announce != NULL)
        err = announce(&origin->ready, data);
    if (err == 0)
        uv_run(&origin->loop, UV_RUN_DEFAULT);
    return err;
}

// As many descriptors as are allowed, and timers that are not late by choice. Where either is refused the origin
// works all the same, for fewer clients or less exactly.
static void raise_limits(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

int origin_serve(const struct origin_config *config, int (*announce)(const struct origin_ready *ready, void *data),
                 void *data)
{
    struct origin origin = {0};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    int err;

    // A write to a client that has gone is an error to look at, not a reason to die.
    sigaction(SIGPIPE, &ignore, &before);
    raise_limits();
    err = init(&origin, config);
    if (err == 0)
        err = serve(&origin, config, announce, data);
    release(&origin);
    sigaction(SIGPIPE, &before, NULL);
    return err;
}

// SPDX-License-Identifier: MIT
#include "workloads/origin/origin.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "measure/base/signals.h"
#include "workloads/origin/tls.h"
#include "workloads/origin/worker.h"

// The first worker is the thread that serves; signals are its loop's.
struct origin {
    struct origin_worker *workers;    // `count` of them
    struct origin_counters *counters; // of each; owned where the starter has none
    pthread_t *threads;               // of all but the first; `running` are
    unsigned count, running;
    struct origin_lease lease; // where it is guarded
    struct origin_guard *guards[ORIGIN_WORKERS_MOST];
    struct origin_tls *tls;
    uv_signal_t terminate, interrupt, hangup;
    struct origin_ready ready;
};

static void on_signal(uv_signal_t *handle, int number)
{
    uv_stop(handle->loop);
}

static int watch_signals(struct origin *origin)
{
    uv_loop_t *loop = &origin->workers[0].loop;
    int err = uv_signal_init(loop, &origin->terminate);

    if (err == 0)
        err = uv_signal_start(&origin->terminate, on_signal, SIGTERM);
    if (err == 0)
        err = uv_signal_init(loop, &origin->interrupt);
    if (err == 0)
        err = uv_signal_start(&origin->interrupt, on_signal, SIGINT);
    if (err == 0)
        err = uv_signal_init(loop, &origin->hangup);
    if (err == 0 && !signals_hangup_ignored())
        err = uv_signal_start(&origin->hangup, on_signal, SIGHUP);
    return err;
}

// The first says which ports they are. All listen before anybody is told, in one thread, since whoever comes first must be
// where it stays.
static int start_listening(struct origin *origin, const struct origin_config *config)
{
    struct origin_ready *ready = &origin->ready;
    uint16_t same;
    int err = origin_worker_listen(&origin->workers[0], config->port, true, NULL, &ready->port);

    if (err == 0 && origin->tls != NULL) {
        err = origin_worker_listen(&origin->workers[0], 0, true, origin->tls, &ready->tls_port);
        ready->certificate = origin_tls_certificate(origin->tls);
    }
    for (unsigned i = 1; i < origin->count && err == 0; i++) {
        err = origin_worker_listen(&origin->workers[i], ready->port, false, NULL, &same);
        if (err == 0 && origin->tls != NULL)
            err = origin_worker_listen(&origin->workers[i], ready->tls_port, false, origin->tls, &same);
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

// Zeroed, and where `alignment` says.
static void *make(size_t alignment, size_t size)
{
    void *made = aligned_alloc(alignment, size);

    return made != NULL ? memset(made, 0, size) : NULL;
}

static int make_room(struct origin *origin, const struct origin_config *config)
{
    origin->workers = make(_Alignof(struct origin_worker), origin->count * sizeof *origin->workers);
    origin->threads = calloc(origin->count, sizeof *origin->threads);
    origin->counters = config->counters;
    if (origin->counters == NULL)
        origin->counters = make(_Alignof(struct origin_counters), origin->count * sizeof *origin->counters);
    return origin->workers != NULL && origin->threads != NULL && origin->counters != NULL ? 0 : -ENOMEM;
}

// See struct origin_shared: of each worker one that it refuses, while another may be in its closing.
static int descriptors_for(unsigned workers)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > INT_MAX)
        return INT_MAX;
    return (int)files.rlim_cur - 2 * (int)workers;
}

// Everything that can fail before the port is asked for. On failure what was made is there for release() to see.
static int init(struct origin *origin, const struct origin_config *config)
{
    int err = make_room(origin, config);

    origin_lease_init(&origin->lease);
    for (unsigned i = 0; i < origin->count && err == 0; i++) {
        struct origin_shared *shared = &origin->workers[i].shared;

        shared->counters = &origin->counters[i];
        shared->all = origin->counters;
        shared->guards = origin->guards;
        shared->workers = origin->count;
        shared->index = i;
        shared->descriptors = descriptors_for(origin->count);
        shared->rng.state = config->seed + i; // the first one's is that of one alone
        shared->config = config;
        shared->ready = &origin->ready;
        origin->guards[i] = &origin->workers[i].guard;
        err = origin_worker_init(&origin->workers[i], &origin->lease);
    }
    if (err == 0 && config->tls)
        err = origin_tls_open(config->host, &origin->tls);
    return err;
}

static void *work(void *data)
{
    struct origin_worker *worker = data;

    atomic_store_explicit(&worker->shared.counters->thread, (int)syscall(SYS_gettid), memory_order_relaxed);
    origin_worker_run(worker);
    return NULL;
}

static int start_threads(struct origin *origin)
{
    int err = 0;

    while (err == 0 && origin->running + 1 < origin->count) {
        err = pthread_create(&origin->threads[origin->running], NULL, work, &origin->workers[origin->running + 1]);
        origin->running += err == 0;
    }
    return -err;
}

static void end_threads(struct origin *origin)
{
    for (unsigned i = 0; i < origin->running; i++)
        origin_worker_end(&origin->workers[i + 1]);
    for (unsigned i = 0; i < origin->running; i++)
        pthread_join(origin->threads[i], NULL);
    origin->running = 0;
}

static void release(struct origin *origin, const struct origin_config *config)
{
    for (unsigned i = 0; origin->workers != NULL && i < origin->count; i++)
        origin_worker_release(&origin->workers[i]);
    origin_tls_close(origin->tls);
    if (config->counters == NULL)
        free(origin->counters);
    free(origin->threads);
    free(origin->workers);
}

static int serve(struct origin *origin, const struct origin_config *config,
                 int (*announce)(const struct origin_ready *ready, void *data), void *data)
{
    int err = watch_signals(origin);

    if (err == 0)
        err = start_listening(origin, config);
    if (err == 0)
        err = start_threads(origin);
    if (err == 0 && config->ready_fd >= 0)
        err = write_ready(config->ready_fd, &origin->ready);
    if (err == 0 && announce != NULL)
        err = announce(&origin->ready, data);
    if (err == 0)
        work(&origin->workers[0]);
    end_threads(origin);
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
    struct origin origin = {.count = config->workers > 1 ? config->workers : 1};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    int err;

    // A write to a client that has gone is an error to look at, not a reason to die.
    sigaction(SIGPIPE, &ignore, &before);
    raise_limits();
    err = init(&origin, config);
    if (err == 0)
        err = serve(&origin, config, announce, data);
    release(&origin, config);
    sigaction(SIGPIPE, &before, NULL);
    return err;
}

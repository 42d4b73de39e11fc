// SPDX-License-Identifier: MIT
#include "models/carry/loop/loop_threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "measure/machine/limits.h"
#include "models/carry/loop/file_read.h"
#include "models/carry/stack_size.h"
#include "models/carry/start_barrier.h"

struct loop_thread {
    struct loop_threads *all;
    void *loop;
    struct share share;
    pthread_t thread;
    bool started;
};

struct loop_threads {
    struct trial *trial;
    const struct loop_kind *kind;
    struct loop_thread *threads;
    uint32_t count;
    struct latch opening; // threads that have not opened their loop yet
    struct start_barrier barrier;
    atomic_int err; // of a thread whose loop could not be opened or run
};

static void stop_all(struct loop_threads *all, int err)
{
    int none = 0;

    atomic_compare_exchange_strong(&all->err, &none, err);
    for (uint32_t i = 0; i < all->count; i++)
        all->kind->stop(all->threads[i].loop);
}

static void *thread_main(void *data)
{
    struct loop_thread *self = data;
    struct loop_threads *all = self->all;
    int err = all->kind->open(self->loop, all->trial, &self->share);

    if (err != 0)
        atomic_store(&all->err, err);
    latch_count_down(&all->opening);
    if (start_barrier_wait(&all->barrier)) {
        err = all->kind->run(self->loop);
        if (err != 0)
            stop_all(all, err);
        start_barrier_leave(&all->barrier);
    }
    all->kind->close(self->loop);
    return NULL;
}

static int start_threads(struct loop_threads *all)
{
    pthread_attr_t attributes;
    uint32_t started = 0;
    int err = -pthread_attr_init(&attributes);

    if (err != 0)
        return err;
    // libuv's loop needs 13 KiB, and libcurl runs on it.
    pthread_attr_setstacksize(&attributes, 4 * THREAD_STACK_BYTES);
    atomic_store(&all->opening.count, all->count);
    while (err == 0 && started < all->count) {
        struct loop_thread *thread = &all->threads[started];

        err = -pthread_create(&thread->thread, &attributes, thread_main, thread);
        thread->started = err == 0;
        started += err == 0;
    }
    atomic_fetch_sub(&all->opening.count, all->count - started);
    pthread_attr_destroy(&attributes);
    return err;
}

static int make_threads(struct loop_threads *all)
{
    uint32_t lanes = all->trial->lanes, first = 0;

    all->threads = calloc(all->count, sizeof *all->threads);
    for (uint32_t i = 0; all->threads != NULL && i < all->count; i++) {
        struct loop_thread *thread = &all->threads[i];

        thread->all = all;
        thread->share = (struct share){.index = i,
                                       .first = first,
                                       .lanes = lanes / all->count + (i < lanes % all->count),
                                       .alone = all->count == 1};
        first += thread->share.lanes;
        thread->loop = loop_kind_allocate(all->kind);
        if (thread->loop == NULL)
            return -ENOMEM;
    }
    return all->threads != NULL ? 0 : -ENOMEM;
}

int loop_threads_open(struct trial *trial, const struct loop_kind *kind)
{
    struct loop_threads *all = calloc(1, sizeof *all);
    char limit[LIMIT_TEXT];
    int err;

    trial->state = all;
    if (all == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    all->trial = trial;
    all->kind = kind;
    file_pool_prepare(trial);
    all->count = loop_threads_count(trial);
    err = make_threads(all);
    if (err != 0)
        return trial_fail(trial, err, "out of memory for %u loops", all->count);
    err = start_threads(all);
    latch_wait(&all->opening);
    if (err != 0)
        return trial_fail(trial, err, "cannot start %u loops: %s (%s)", all->count, strerror(-err),
                          limit_of_threads(limit));
    return atomic_load(&all->err);
}

int loop_threads_run(struct trial *trial)
{
    struct loop_threads *all = trial->state;
    const struct loop_kind *kind = all->kind;

    start_barrier_run(&all->barrier, all->count);
    trial_count(trial, "loops", all->count);
    for (uint32_t i = 0; kind->count != NULL && i < all->count; i++)
        kind->count(all->threads[i].loop, trial);
    file_pool_count(trial);
    return atomic_load(&all->err);
}

void loop_threads_close(struct trial *trial)
{
    struct loop_threads *all = trial->state;

    if (all == NULL)
        return;
    start_barrier_close(&all->barrier);
    for (uint32_t i = 0; all->threads != NULL && i < all->count; i++) {
        if (all->threads[i].started)
            pthread_join(all->threads[i].thread, NULL);
        free(all->threads[i].loop);
    }
    free(all->threads);
    free(all);
    trial->state = NULL;
}

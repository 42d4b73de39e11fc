// SPDX-License-Identifier: MIT
// The event loop, with computing and blocking steps on a pool of threads of its own, as many as there are cores. Not
// libuv's pool: that one serves files, and a step must not wait behind them.
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "measure/machine/limits.h"
#include "models/carry/http_get.h"
#include "models/carry/loop/callbacks.h"
#include "models/carry/stack_size.h"
#include "models/model.h"
#include "workloads/program/compute.h"

struct offload {
    struct callback_loop loop;
    bool has_wake;
    uv_async_t wake; // the loop's: something was done
    pthread_mutex_t mutex;
    pthread_cond_t work;
    struct queue asked, done; // lanes whose step is to be done, and is done; under the mutex
    bool stop;
    pthread_t *threads;
    uint32_t started;
    uint64_t offloaded;
};

static bool submit(struct callback_lane *lane, const struct step *step)
{
    struct offload *offload = lane->loop->own;

    lane->step = step;
    lane->waited = true;
    offload->offloaded++;
    pthread_mutex_lock(&offload->mutex);
    queue_push_back(&offload->asked, &lane->item);
    pthread_cond_signal(&offload->work);
    pthread_mutex_unlock(&offload->mutex);
    return false;
}

static callback_step *offload_steps[STEP_KIND_COUNT];

static void choose_steps(void)
{
    memcpy(offload_steps, callback_steps, sizeof offload_steps);
    offload_steps[STEP_COMPUTE] = submit;
    offload_steps[STEP_BLOCK] = submit;
}

// The next lane to serve; NULL when the pool is to end.
static struct callback_lane *take(struct offload *offload)
{
    struct queue_item *item;

    while (offload->asked.first == NULL && !offload->stop)
        pthread_cond_wait(&offload->work, &offload->mutex);
    item = queue_pop(&offload->asked);
    return item != NULL ? CONTAINER_OF(item, struct callback_lane, item) : NULL;
}

// Touches nothing of the loop's: that is another thread.
static void do_step(struct callback_lane *lane)
{
    bool traced = lane->loop->turns.traced;

    if (traced)
        trace_note(lane->loop->turns.trial, callback_trace(lane), TRACE_ELSEWHERE);
    if (lane->step->kind == STEP_COMPUTE)
        lane->check += compute_repeated((unsigned)lane->step->arg, lane->step->times);
    else
        clock_sleep_until_ns(clock_now_ns() + lane->step->arg);
    if (traced)
        trace_ready(lane->loop->turns.trial, callback_trace(lane));
}

static void *thread_main(void *data)
{
    struct offload *offload = data;
    struct callback_lane *lane;

    pthread_mutex_lock(&offload->mutex);
    while ((lane = take(offload)) != NULL) {
        pthread_mutex_unlock(&offload->mutex);
        do_step(lane);
        pthread_mutex_lock(&offload->mutex);
        queue_push_back(&offload->done, &lane->item);
        uv_async_send(&offload->wake);
    }
    pthread_mutex_unlock(&offload->mutex);
    return NULL;
}

static void on_wake(uv_async_t *wake)
{
    struct offload *offload = wake->data;
    struct queue_item *item, *next;

    pthread_mutex_lock(&offload->mutex);
    item = offload->done.first;
    queue_init(&offload->done);
    pthread_mutex_unlock(&offload->mutex);
    for (; item != NULL; item = next) {
        next = item->next;
        callback_continue(CONTAINER_OF(item, struct callback_lane, item));
    }
}

static int start_threads(struct offload *offload, unsigned count)
{
    pthread_attr_t attributes;
    int err;

    offload->threads = calloc(count, sizeof *offload->threads);
    if (offload->threads == NULL)
        return -ENOMEM;
    err = pthread_attr_init(&attributes);
    if (err != 0)
        return -err;
    pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
    while (err == 0 && offload->started < count) {
        err = pthread_create(&offload->threads[offload->started], &attributes, thread_main, offload);
        offload->started += err == 0;
    }
    pthread_attr_destroy(&attributes);
    return -err;
}

static int eventloop_offload_open(struct trial *trial)
{
    struct offload *offload = calloc(1, sizeof *offload);
    struct share share = share_all(trial);
    char limit[LIMIT_TEXT];
    int err;

    trial->state = offload;
    if (offload == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    choose_steps();
    queue_init(&offload->asked);
    queue_init(&offload->done);
    pthread_mutex_init(&offload->mutex, NULL);
    pthread_cond_init(&offload->work, NULL);
    err = callback_loop_open(&offload->loop, trial, &share, offload_steps, offload);
    if (err != 0)
        return err;
    err = uv_async_init(&offload->loop.turns.reactor.loop, &offload->wake, on_wake);
    if (err != 0)
        return trial_fail(trial, err, "cannot wake the loop: %s", uv_strerror(err));
    offload->has_wake = offload->loop.turns.reactor.polled = true;
    offload->wake.data = offload;
    err = start_threads(offload, trial->cores);
    if (err != 0)
        return trial_fail(trial, err, "cannot start %u threads: %s (%s)", trial->cores, strerror(-err),
                          limit_of_threads(limit));
    return 0;
}

static int eventloop_offload_run(struct trial *trial)
{
    struct offload *offload = trial->state;
    int err = callback_loop_run(&offload->loop);

    trial_count(trial, "steps_offloaded", offload->offloaded);
    trial_count(trial, "offload_threads", offload->started);
    file_pool_count(trial);
    return err;
}

static void eventloop_offload_close(struct trial *trial)
{
    struct offload *offload = trial->state;

    if (offload == NULL)
        return;
    pthread_mutex_lock(&offload->mutex);
    offload->stop = true;
    pthread_cond_broadcast(&offload->work);
    pthread_mutex_unlock(&offload->mutex);
    for (uint32_t i = 0; i < offload->started; i++)
        pthread_join(offload->threads[i], NULL);
    if (offload->has_wake)
        uv_close((uv_handle_t *)&offload->wake, NULL);
    callback_loop_close(&offload->loop);
    pthread_cond_destroy(&offload->work);
    pthread_mutex_destroy(&offload->mutex);
    free(offload->threads);
    free(offload);
    trial->state = NULL;
}

const struct model model_eventloop_offload = {
    .name = "eventloop-offload",
    .kin = "run_in_executor, to_thread",
    .group = "Event loops",
    .summary = "the event loop, with computing and blocking steps on a pool of threads",
    .about =
        "The event loop, but whatever computes or blocks is handed to a pool of threads, as many as there are cores, and the "
        "loop goes on meanwhile; that is asyncio's run_in_executor and to_thread. So one task's computation no longer "
        "delays the others, and all cores are used. Each step that is handed over costs two hand-overs between threads, "
        "which tiny steps do not earn back.",
    .example = "ccbench --model=eventloop,eventloop-offload --workload=fib",
    .can = STEP_ALL,
    .parameters = {CLIENT_PARAMETER},
    .many_cores = true,
    .open = eventloop_offload_open,
    .run = eventloop_offload_run,
    .close = eventloop_offload_close,
};

// SPDX-License-Identifier: MIT
// A thread for each task: made when the task is there and a lane is, joined when it has ended, at most K alive.
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "measure/machine/limits.h"
#include "models/carry/http_get.h"
#include "models/carry/stack/blocking.h"
#include "models/carry/stack/spare_lanes.h"
#include "models/carry/stack_size.h"
#include "models/model.h"

struct spawner {
    struct trial *trial;
    struct lane *lanes;
    pthread_t *threads;
    uint32_t opened;
    pthread_attr_t attributes;
    bool has_attributes;
    // Lanes whose thread has ended its task, to be joined: a stack under the mutex, counted by the semaphore.
    pthread_mutex_t mutex;
    sem_t ended;
    uint32_t *ended_lanes, ended_count;
    struct spare_lanes spare;
    uint32_t alive, made;
};

static void *thread_main(void *data)
{
    struct lane *lane = data;
    struct spawner *spawner = lane->own;

    lane_run_task(lane, lane->slot);
    pthread_mutex_lock(&spawner->mutex);
    spawner->ended_lanes[spawner->ended_count++] = lane->index;
    pthread_mutex_unlock(&spawner->mutex);
    sem_post(&spawner->ended);
    return NULL;
}

static int allocate(struct spawner *spawner, uint32_t lanes)
{
    spawner->lanes = lanes_new(lanes);
    spawner->threads = calloc(lanes, sizeof *spawner->threads);
    spawner->ended_lanes = calloc(lanes, sizeof *spawner->ended_lanes);
    return spare_lanes_open(&spawner->spare, lanes) == 0 && spawner->lanes != NULL && spawner->threads != NULL &&
                   spawner->ended_lanes != NULL
               ? 0
               : -ENOMEM;
}

static int thread_per_task_open(struct trial *trial)
{
    struct spawner *spawner = calloc(1, sizeof *spawner);
    int err;

    trial->state = spawner;
    if (spawner == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    spawner->trial = trial;
    pthread_mutex_init(&spawner->mutex, NULL);
    sem_init(&spawner->ended, 0, 0);
    if (allocate(spawner, trial->lanes) != 0 || pthread_attr_init(&spawner->attributes) != 0)
        return trial_fail(trial, -ENOMEM, "out of memory for %u tasks in flight", trial->lanes);
    spawner->has_attributes = true;
    pthread_attr_setstacksize(&spawner->attributes, thread_stack_bytes(trial));
    for (; spawner->opened < trial->lanes; spawner->opened++) {
        struct lane *lane = &spawner->lanes[spawner->opened];

        err = lane_open_blocking(lane, trial, spawner->opened);
        lane->own = spawner;
        if (err != 0)
            return err;
    }
    return 0;
}

// As sem_wait(), at most until then by clock_now_ns()'s clock.
static int wait_until(sem_t *semaphore, uint64_t until_ns)
{
    struct timespec until = {.tv_sec = (time_t)(until_ns / NS_PER_S), .tv_nsec = (long)(until_ns % NS_PER_S)};

#ifdef __GLIBC__
    return sem_clockwait(semaphore, CLOCK_MONOTONIC, &until);
#else
    // musl waits by the time of day alone: the same moment there.
    uint64_t now_ns = clock_now_ns(), left_ns = until_ns > now_ns ? until_ns - now_ns : 0;

    clock_gettime(CLOCK_REALTIME, &until);
    left_ns += (uint64_t)until.tv_nsec;
    until.tv_sec += (time_t)(left_ns / NS_PER_S);
    until.tv_nsec = (long)(left_ns % NS_PER_S);
    return sem_timedwait(semaphore, &until);
#endif
}

// Joins the thread of a lane that has ended its task, and makes the lane spare; nothing if by `until_ns` none has.
static void join_one(struct spawner *spawner, uint64_t until_ns)
{
    uint32_t index;

    while ((until_ns == UINT64_MAX ? sem_wait(&spawner->ended) : wait_until(&spawner->ended, until_ns)) != 0) {
        if (errno != EINTR)
            return;
    }
    pthread_mutex_lock(&spawner->mutex);
    index = spawner->ended_lanes[--spawner->ended_count];
    pthread_mutex_unlock(&spawner->mutex);
    pthread_join(spawner->threads[index], NULL);
    spare_lanes_put(&spawner->spare, index, spawner->lanes[index].free_ns);
    spawner->alive--;
}

// A thread for each task that there is now, as long as a lane is spare. 0 or -errno.
static int spawn_some(struct spawner *spawner)
{
    struct slot *slot;
    uint32_t index;
    int err = 0;

    while (err == 0 && (slot = spare_lanes_take(&spawner->spare, spawner->trial, &index)) != NULL) {
        struct lane *lane = &spawner->lanes[index];

        lane->slot = slot;
        lane->free_ns = spawner->spare.claims[index].free_ns;
        err = -pthread_create(&spawner->threads[index], &spawner->attributes, thread_main, lane);
        spawner->alive += err == 0;
        spawner->made += err == 0;
    }
    return err;
}

static int thread_per_task_run(struct trial *trial)
{
    struct spawner *spawner = trial->state;
    char limit[LIMIT_TEXT];
    int err;

    spare_lanes_start(&spawner->spare, trial);
    for (;;) {
        uint64_t until_ns;

        err = spawn_some(spawner);
        until_ns = spare_lanes_wait_ns(&spawner->spare, trial);
        if (err != 0 || (spawner->alive == 0 && until_ns == UINT64_MAX))
            break;
        join_one(spawner, until_ns);
    }
    if (err != 0)
        trial_fail(trial, err, "threads stop at %u alive: %s (%s)", spawner->alive, strerror(-err),
                   limit_of_threads(limit));
    while (spawner->alive > 0)
        join_one(spawner, UINT64_MAX);
    trial_count(trial, "threads_made", spawner->made);
    return err;
}

static void thread_per_task_close(struct trial *trial)
{
    struct spawner *spawner = trial->state;

    if (spawner == NULL)
        return;
    for (uint32_t i = 0; i < spawner->opened; i++)
        lane_close_blocking(&spawner->lanes[i]);
    if (spawner->has_attributes)
        pthread_attr_destroy(&spawner->attributes);
    pthread_mutex_destroy(&spawner->mutex);
    sem_destroy(&spawner->ended);
    spare_lanes_close(&spawner->spare);
    free(spawner->ended_lanes);
    free(spawner->threads);
    free(spawner->lanes);
    free(spawner);
    trial->state = NULL;
}

const struct model model_thread_per_task = {
    .name = "thread-per-task",
    .kin = "threading.Thread, without a GIL",
    .group = "Threads",
    .summary = "a new thread for each task, joined when it has ended",
    .about =
        "A new operating-system thread for each task, started when the task is and joined when it has ended, with at most as "
        "many alive as there may be tasks in flight. It is the first thing one writes with threads: no pool, no queue. "
        "What it costs beyond a pool is making and joining a thread per task, which short tasks pay dearly and long ones "
        "never notice. The threads have stacks of 16 to 256 KiB, by what their tasks do; only what is touched costs memory.",
    .example = "ccbench --model=threads,thread-per-task --workload=noop --tasks=10k",
    .can = STEP_ALL,
    .parameters = {CLIENT_PARAMETER},
    .many_cores = true,
    .per_task = true,
    .own_threads = true,
    .task_ns = 45000,
    .open = thread_per_task_open,
    .run = thread_per_task_run,
    .close = thread_per_task_close,
};

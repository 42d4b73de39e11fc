// SPDX-License-Identifier: MIT
#include "models/carry/stack/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "measure/machine/limits.h"
#include "models/carry/stack_size.h"
#include "models/carry/start_barrier.h"

struct pool {
    struct trial *trial;
    void (*run_lane)(struct lane *lane);
    struct lane *lanes;
    pthread_t *threads;
    uint32_t opened;  // lanes
    uint32_t started; // threads
    char padding[CACHE_LINE];
    struct start_barrier barrier;
    struct latch leaving; // threads that are to end and have not come to it
};

static void *thread_main(void *data)
{
    struct lane *lane = data;
    struct pool *pool = lane->own;

    if (start_barrier_wait(&pool->barrier)) {
        pool->run_lane(lane);
        start_barrier_leave(&pool->barrier);
    }
    latch_count_down(&pool->leaving);
    return NULL;
}

static int start_threads(struct pool *pool)
{
    pthread_attr_t attributes;
    int err = pthread_attr_init(&attributes);

    if (err != 0)
        return -err;
    pthread_attr_setstacksize(&attributes, thread_stack_bytes(pool->trial));
    while (err == 0 && pool->started < pool->trial->lanes) {
        err = pthread_create(&pool->threads[pool->started], &attributes, thread_main, &pool->lanes[pool->started]);
        pool->started += err == 0;
    }
    pthread_attr_destroy(&attributes);
    return -err;
}

static int open_lanes(struct pool *pool)
{
    struct trial *trial = pool->trial;

    for (; pool->opened < trial->lanes; pool->opened++) {
        struct lane *lane = &pool->lanes[pool->opened];
        int err = lane_open_blocking(lane, trial, pool->opened);

        lane->own = pool;
        if (err != 0)
            return err;
    }
    return 0;
}

int pool_open(struct trial *trial, void (*run_lane)(struct lane *lane), struct pool **ret_pool)
{
    struct pool *pool = calloc(1, sizeof *pool);
    char limit[LIMIT_TEXT];
    int err;

    *ret_pool = pool;
    if (pool == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    pool->trial = trial;
    pool->run_lane = run_lane;
    pool->lanes = lanes_new(trial->lanes);
    pool->threads = calloc(trial->lanes, sizeof *pool->threads);
    if (pool->lanes == NULL || pool->threads == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory for %u tasks in flight", trial->lanes);
    err = open_lanes(pool);
    if (err == 0) {
        err = start_threads(pool);
        if (err != 0)
            trial_fail(trial, err, "threads stop at %u of %u: %s (%s)", pool->started, trial->lanes, strerror(-err),
                       limit_of_threads(limit));
    }
    return err;
}

void pool_run(struct pool *pool)
{
    start_barrier_run(&pool->barrier, pool->started);
}

void pool_close(struct pool *pool)
{
    if (pool == NULL)
        return;
    atomic_store(&pool->leaving.count, pool->started);
    start_barrier_close(&pool->barrier);
    latch_wait(&pool->leaving); // one wait, where joining those that still run would be one for each
    for (uint32_t i = 0; i < pool->started; i++)
        pthread_join(pool->threads[i], NULL);
    for (uint32_t i = 0; i < pool->opened; i++)
        lane_close_blocking(&pool->lanes[i]);
    free(pool->threads);
    free(pool->lanes);
    free(pool);
}

// SPDX-License-Identifier: MIT
// The lock of lanes that must not block: one at a time, in order, nobody forgotten, within a loop and between loops.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure/base/rng.h"
#include "models/carry/mpsc_queue.h"
#include "models/carry/queue.h"
#include "models/carry/shared_lock.h"

#define LANES 8
#define LOOPS 4

struct bed;

struct lane {
    struct queue_item item;
    struct lock_waiter waiter;
    struct bed *bed;
    unsigned number, turns, pauses; // pauses still to come while it holds the lock
    bool holds;
    uint64_t seen; // of the counter, when it got the lock
};

// A loop with its lanes.
struct bed {
    uv_loop_t loop;
    struct mpsc_queue queue, *home; // home: NULL where this is the only loop
    struct queue ready;
    struct lane lanes[LANES];
    unsigned count, turns; // lanes that take turns, and how many each
    unsigned pauses;       // fewer than this while a lane holds the lock
    struct rng rng;
    unsigned done;
};

// How a bed's lanes go about it.
struct manner {
    unsigned count, turns, pauses;
    unsigned rounds; // so often all loops start together
};

static const struct manner still = {LANES, 2000, 3, 1};

static struct shared_lock lock;
static uint64_t counter; // plain: only the lock protects it
static struct lane *granted[LANES];
static unsigned grants;
static pthread_barrier_t barrier;

static void on_granted(struct continuation *continuation)
{
    struct lane *lane = CONTAINER_OF(continuation, struct lane, waiter.continuation);

    lane->holds = true;
    queue_push_back(&lane->bed->ready, &lane->item);
}

static void make_bed(struct bed *bed, bool alone, const struct manner *manner)
{
    *bed = (struct bed){
        .home = alone ? NULL : &bed->queue, .count = manner->count, .turns = manner->turns, .pauses = manner->pauses};
    bed->rng.state = (uint64_t)(uintptr_t)bed;
    queue_init(&bed->ready);
    assert_int_equal(uv_loop_init(&bed->loop), 0);
    assert_int_equal(mpsc_queue_open(&bed->queue, &bed->loop), 0);
    for (unsigned i = 0; i < LANES; i++) {
        bed->lanes[i] = (struct lane){.bed = bed, .number = i};
        bed->lanes[i].waiter = (struct lock_waiter){.continuation.run = on_granted, .home = bed->home};
    }
}

static void unmake_bed(struct bed *bed)
{
    mpsc_queue_close(&bed->queue);
    uv_run(&bed->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&bed->loop), 0);
}

static void begin_turn(struct lane *lane)
{
    lane->pauses = rng_below(&lane->bed->rng, lane->bed->pauses);
    lane->holds = shared_lock_take(&lock, &lane->waiter);
    if (lane->holds)
        queue_push_back(&lane->bed->ready, &lane->item);
}

// With the lock: reads the counter, gives way a few times, and writes it back.
static void run_lane(struct lane *lane)
{
    assert_true(lane->holds);
    if (lane->seen == 0)
        lane->seen = counter + 1;
    if (lane->pauses > 0) {
        lane->pauses--;
        queue_push_back(&lane->bed->ready, &lane->item);
        return;
    }
    assert_int_equal(counter + 1, lane->seen);
    counter = lane->seen;
    lane->seen = 0;
    lane->holds = false;
    shared_lock_give(&lock, lane->bed->home);
    if (++lane->turns < lane->bed->turns)
        begin_turn(lane);
    else
        lane->bed->done++;
}

static void run_bed(struct bed *bed)
{
    bed->done = 0;
    for (unsigned i = 0; i < bed->count; i++) {
        bed->lanes[i].turns = 0;
        begin_turn(&bed->lanes[i]);
    }
    while (bed->done < bed->count) {
        struct queue_item *item;
        bool sleeps;

        // As a loop does it: some of the ready ones, then a look at what else there is.
        for (int i = 0; i < 4 && (item = queue_pop(&bed->ready)) != NULL; i++)
            run_lane(CONTAINER_OF(item, struct lane, item));
        sleeps = bed->done < bed->count && bed->ready.first == NULL && mpsc_queue_may_sleep(&bed->queue);
        uv_run(&bed->loop, sleeps ? UV_RUN_ONCE : UV_RUN_NOWAIT);
        mpsc_queue_drain(&bed->queue);
    }
}

static void *hammer(void *data)
{
    struct bed bed;

    const struct manner *manner = data;

    make_bed(&bed, false, manner);
    for (unsigned i = 0; i < manner->rounds; i++) {
        pthread_barrier_wait(&barrier);
        run_bed(&bed);
    }
    pthread_barrier_wait(&barrier); // nobody rings at a door that is being taken away
    unmake_bed(&bed);
    return NULL;
}

static void check_between_threads(const struct manner *manner)
{
    pthread_t threads[LOOPS];

    counter = 0;
    pthread_barrier_init(&barrier, NULL, LOOPS);
    for (int i = 0; i < LOOPS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, (void *)manner), 0);
    for (int i = 0; i < LOOPS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    assert_int_equal(counter, (uint64_t)LOOPS * manner->count * manner->turns * manner->rounds);
    assert_null(atomic_load(&lock.state));
    assert_null(lock.queue);
}

static void test_between_threads(void **state)
{
    // One lane a loop: mostly who comes and who goes at the same moment. Many that hold it for long: mostly waiters.
    static const struct manner brief = {1, 200, 1, 200}, patient = {LANES, 1000, 3, 1};

    (void)state;
    check_between_threads(&brief);
    check_between_threads(&patient);
}

static void test_within_a_loop(void **state)
{
    struct bed bed;

    (void)state;
    counter = 0;
    make_bed(&bed, true, &still);
    run_bed(&bed);
    unmake_bed(&bed);
    assert_int_equal(counter, still.count * still.turns);
    assert_null(atomic_load(&lock.state));
    assert_null(lock.queue);
}

static void note_grant(struct continuation *continuation)
{
    granted[grants++] = CONTAINER_OF(continuation, struct lane, waiter.continuation);
}

// Whoever waits longest is next, also among those who came after the holder had looked.
static void check_order(bool alone)
{
    struct bed bed;

    grants = 0;
    make_bed(&bed, alone, &still);
    for (unsigned i = 0; i < LANES; i++)
        bed.lanes[i].waiter.continuation.run = note_grant;
    assert_true(shared_lock_take(&lock, &bed.lanes[0].waiter));
    for (unsigned i = 1; i < 4; i++)
        assert_false(shared_lock_take(&lock, &bed.lanes[i].waiter));
    shared_lock_give(&lock, bed.home);
    for (unsigned i = 4; i < LANES; i++)
        assert_false(shared_lock_take(&lock, &bed.lanes[i].waiter));
    for (unsigned i = 1; i < LANES; i++) {
        assert_int_equal(grants, i);
        assert_int_equal(granted[i - 1]->number, i);
        shared_lock_give(&lock, bed.home);
    }
    assert_int_equal(grants, LANES - 1);
    assert_true(shared_lock_take(&lock, &bed.lanes[0].waiter)); // free again
    shared_lock_give(&lock, bed.home);
    unmake_bed(&bed);
}

static void test_order(void **state)
{
    (void)state;
    check_order(true);
    check_order(false);
}

// A continuation reaches a loop that sleeps, and one that is just about to.
static void *send_all(void *data)
{
    struct bed *bed = data;

    for (unsigned i = 0; i < LANES; i++)
        mpsc_queue_push(&bed->queue, &bed->lanes[i].waiter.continuation);
    return NULL;
}

static void test_queue(void **state)
{
    struct bed bed;

    (void)state;
    make_bed(&bed, false, &still);
    for (unsigned i = 0; i < LANES; i++)
        bed.lanes[i].waiter.continuation.run = note_grant;
    for (int round = 0; round < 500; round++) {
        pthread_t thread;

        grants = 0;
        assert_int_equal(pthread_create(&thread, NULL, send_all, &bed), 0);
        while (grants < LANES) {
            uv_run(&bed.loop, mpsc_queue_may_sleep(&bed.queue) ? UV_RUN_ONCE : UV_RUN_NOWAIT);
            mpsc_queue_drain(&bed.queue);
        }
        pthread_join(thread, NULL);
        for (unsigned i = 0; i < LANES; i++)
            assert_int_equal(granted[i]->number, i);
    }
    assert_false(atomic_load(&bed.queue.stopped));
    mpsc_queue_stop(&bed.queue);
    assert_true(atomic_load(&bed.queue.stopped));
    unmake_bed(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_within_a_loop),
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_between_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

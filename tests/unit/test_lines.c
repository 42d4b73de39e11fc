// SPDX-License-Identifier: MIT
// Which lines of memory the cores of a trial share: addresses are looked at, since no machine of these tests has the cores on which
// a shared line would be seen to cost something.
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "models/carry/claim_chunk.h"
#include "models/carry/green/scheduler.h"
#include "models/carry/lane.h"
#include "models/carry/loop/callbacks.h"
#include "models/carry/loop/loop_kind.h"
#include "models/carry/loop/spmc_queue.h"
#include "models/carry/spawn.h"
#include "workloads/origin/worker.h"

#define LOOPS 8
#define LANES 5 // of each

// From this address on, so many bytes are written by that loop's thread, and in the measured path by no other.
struct extent {
    const void *start;
    size_t bytes;
    uint32_t owner;
};

static uintptr_t line_of(const void *address)
{
    return (uintptr_t)address / CACHE_LINE;
}

static void check_apart(const struct extent *a, const struct extent *b)
{
    uintptr_t end_a = line_of((const char *)a->start + a->bytes - 1),
              end_b = line_of((const char *)b->start + b->bytes - 1);

    if (a->owner != b->owner && line_of(a->start) <= end_b && line_of(b->start) <= end_a)
        fail_msg("%zu bytes at %p of loop %u and %zu at %p of loop %u share a line", a->bytes, a->start, a->owner,
                 b->bytes, b->start, b->owner);
}

static void check_all_apart(const struct extent *extents, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            check_apart(&extents[i], &extents[k]);
}

// The trial of empty tasks that the plan of such a trial makes.
static struct trial empty_trial(uint32_t tasks, uint32_t lanes, unsigned cores)
{
    struct trial trial = {.tasks = tasks, .lanes = lanes, .cores = cores, .depth = 1};

    trial.claim_chunk = claim_chunk(&trial);
    trial.shared = shared_new(sizeof *trial.shared, NULL);
    trial.slots = shared_new(tasks * sizeof *trial.slots, NULL);
    assert_non_null(trial.shared);
    assert_non_null(trial.slots);
    return trial;
}

static void end_trial(struct trial *trial)
{
    munmap(trial->shared, sizeof *trial->shared);
    munmap(trial->slots, trial->tasks * sizeof *trial->slots);
}

static uint32_t chunk_of(uint32_t tasks, uint32_t lanes, unsigned cores)
{
    struct trial trial = {.tasks = tasks, .lanes = lanes, .cores = cores};

    return claim_chunk(&trial);
}

static void test_chunks(void **state)
{
    struct trial waiting = {.tasks = 1000000, .lanes = 2, .cores = 2, .kinds = STEP_BIT(STEP_SLEEP)};
    struct trial arriving = {.tasks = 1000000, .lanes = 2, .cores = 2, .open_loop = true};

    assert_int_equal(chunk_of(1000000, 2, 2), 64);
    assert_int_equal(chunk_of(1000000, 8, 8), 64);
    assert_int_equal(chunk_of(1000000, 16, 16), 128); // grows with the cores that claim
    assert_int_equal(chunk_of(100000000, 256, 256), 2048);
    assert_int_equal(chunk_of(100000000, 256, 2), 64);
    assert_int_equal(chunk_of(100000000, 2, 256), 64);
    assert_int_equal(chunk_of(1000000, 128, 128), 488); // a sixteenth of the share of 7812
    assert_int_equal(chunk_of(10000, 128, 128), 64);
    assert_int_equal(chunk_of(1000, 100, 2), 10); // the share
    assert_int_equal(chunk_of(1100, 100, 2), 10); // of 11, and a whole line
    assert_int_equal(chunk_of(200, 100, 2), 2);
    assert_int_equal(chunk_of(199, 100, 2), 1);
    assert_int_equal(claim_chunk(&waiting), 1);
    assert_int_equal(claim_chunk(&arriving), 1);
}

// The counter that all claim from: nothing else is in its line.
static void test_counter_alone(void **state)
{
    struct trial trial = empty_trial(64, 2, 2);

    assert_int_equal((uintptr_t)trial.shared % CACHE_LINE, 0);
    assert_int_equal(offsetof(struct trial_shared, next_task) % CACHE_LINE, 0);
    assert_true(line_of(&trial.shared->run_start_ns) > line_of(&trial.shared->next_task));
    assert_true(line_of(&trial.shared->counter) > line_of(&trial.shared->retries));
    assert_true(line_of(&trial.shared->lock) > line_of(&trial.shared->counter));
    assert_int_equal((uintptr_t)trial.slots % CACHE_LINE, 0);
    end_trial(&trial);
}

// Lanes that take turns, the worst case: the counter is written once a chunk, and no line of slots by two lanes.
static void claim_in_turn(uint32_t tasks, uint32_t lanes, unsigned cores)
{
    struct trial trial = empty_trial(tasks, lanes, cores);
    uint32_t *owners = calloc(tasks, sizeof *owners), claimed = 0, written = 0, idle = 0;
    struct claim *claims = calloc(lanes, sizeof *claims);

    for (uint32_t i = 0; idle < lanes; i = (i + 1) % lanes) {
        uint32_t before = atomic_load(&trial.shared->next_task);
        struct slot *slot = trial_claim(&trial, &claims[i]);

        written += atomic_load(&trial.shared->next_task) != before;
        idle = slot == NULL ? idle + 1 : 0;
        if (slot == NULL)
            continue;
        owners[slot - trial.slots] = i;
        claimed++;
    }
    assert_int_equal(claimed, tasks);
    assert_true(written <= tasks / trial.claim_chunk + 1);
    for (uint32_t i = 1; i < tasks; i++) {
        if (line_of(&trial.slots[i]) == line_of(&trial.slots[i - 1]) && owners[i] != owners[i - 1])
            fail_msg("of %u tasks in %u lanes the slots %u and %u share a line, and lanes %u and %u write it", tasks,
                     lanes, i - 1, i, owners[i - 1], owners[i]);
    }
    free(claims);
    free(owners);
    end_trial(&trial);
}

static void test_slots_apart(void **state)
{
    claim_in_turn(100000, 2, 2);
    claim_in_turn(100000, 64, 64);
    claim_in_turn(99999, 48, 48);
    claim_in_turn(3300, 300, 128);
    claim_in_turn(7 * 1000, 1000, 4); // a share of 7
}

// Threads' lanes lie side by side.
static void test_lanes_apart(void **state)
{
    struct lane *lanes = lanes_new(LOOPS);
    struct extent extents[LOOPS];

    assert_non_null(lanes);
    for (uint32_t i = 0; i < LOOPS; i++)
        extents[i] = (struct extent){&lanes[i], sizeof lanes[i], i};
    check_all_apart(extents, LOOPS);
    assert_int_equal((uintptr_t)lanes % CACHE_LINE, 0);
    free(lanes);
}

// A million of them may sleep: what only some tasks need lies elsewhere.
static void test_lanes_are_small(void **state)
{
    assert_int_equal(sizeof(struct lane), CACHE_LINE);
#if defined(CCBENCH_HAVE_FCONTEXT) && !defined(FIBER_ASAN) && !defined(FIBER_TSAN)
    assert_int_equal(sizeof(struct fiber), CACHE_LINE / 2);
    assert_int_equal(sizeof(struct green_lane), 2 * CACHE_LINE);
#endif
}

// A loop's memory ends with a line's end: what is allocated behind it is not in its last line.
static void test_loop_fills_lines(void **state)
{
    for (size_t bytes = 1; bytes <= (size_t)5 * CACHE_LINE; bytes += 7) {
        const struct loop_kind kind = {.loop_bytes = bytes};
        char *loop = loop_kind_allocate(&kind);
        size_t lines = (bytes + CACHE_LINE - 1) / CACHE_LINE;

        assert_non_null(loop);
        assert_int_equal((uintptr_t)loop % CACHE_LINE, 0);
        if (malloc_usable_size(loop) < lines * CACHE_LINE)
            fail_msg("a loop of %zu bytes has %zu, expected its %zu lines", bytes, malloc_usable_size(loop), lines);
        free(loop);
    }
}

// What others write of a loop: its wakeup, and what is to be stolen from it.
static void test_written_by_others(void **state)
{
    assert_int_equal(offsetof(struct callback_loop, turns.reactor.remote) % CACHE_LINE, 0);
    assert_int_equal(offsetof(struct green, turns.reactor.remote) % CACHE_LINE, 0);
    assert_int_equal(sizeof(struct mpsc_queue) % CACHE_LINE, 0);
    assert_true(offsetof(struct spmc_queue, bottom) / CACHE_LINE > offsetof(struct spmc_queue, top) / CACHE_LINE);
    assert_int_equal(sizeof(struct spmc_queue) % CACHE_LINE, 0);
    assert_int_equal(offsetof(struct spmc_queue, top) % CACHE_LINE, 0);
}

struct opener {
    struct trial *trial;
    const struct loop_kind *kind;
    struct share share;
    void *loop;
    pthread_barrier_t *opened;
    pthread_t thread;
};

// As each thread of eventloop-multi does: all are there before the first is closed.
static void *open_loop(void *data)
{
    struct opener *opener = data;
    int err = opener->kind->open(opener->loop, opener->trial, &opener->share);

    pthread_barrier_wait(opener->opened);
    pthread_barrier_wait(opener->opened);
    opener->kind->close(opener->loop);
    return err == 0 ? opener : NULL;
}

// What the loop's lanes lie in, and it itself; how many extents that is.
typedef size_t extents_of(const void *loop, uint32_t owner, struct extent extents[4]);

static size_t callback_extents(const void *data, uint32_t owner, struct extent extents[4])
{
    const struct callback_loop *loop = data;

    extents[0] = (struct extent){loop, sizeof *loop, owner};
    extents[1] = (struct extent){loop->lanes, LANES * sizeof *loop->lanes, owner};
    extents[2] = (struct extent){loop->stacks, LANES * sizeof *loop->stacks, owner};
    return 3;
}

static size_t green_extents(const void *data, uint32_t owner, struct extent extents[4])
{
    const struct green *loop = data;

    extents[0] = (struct extent){loop, sizeof *loop, owner};
    extents[1] = (struct extent){loop->lanes, LANES * sizeof *loop->lanes, owner};
    return 2;
}

static int open_green(void *loop, struct trial *trial, const struct share *share)
{
    return green_scheduler_open(loop, trial, share, NULL, false);
}

static void check_loops(const struct loop_kind *kind, extents_of *of)
{
    struct trial trial = empty_trial(LOOPS * LANES, LOOPS * LANES, LOOPS);
    struct opener openers[LOOPS];
    struct extent extents[4 * LOOPS];
    pthread_barrier_t opened;
    size_t count = 0;
    void *answer;

    pthread_barrier_init(&opened, NULL, LOOPS + 1);
    for (uint32_t i = 0; i < LOOPS; i++) {
        struct share share = {.index = i, .first = i * LANES, .lanes = LANES};

        openers[i] = (struct opener){
            .trial = &trial, .kind = kind, .share = share, .loop = loop_kind_allocate(kind), .opened = &opened};
        assert_int_equal(pthread_create(&openers[i].thread, NULL, open_loop, &openers[i]), 0);
    }
    pthread_barrier_wait(&opened);
    for (uint32_t i = 0; i < LOOPS; i++)
        count += of(openers[i].loop, i, extents + count);
    check_all_apart(extents, count);
    pthread_barrier_wait(&opened);
    for (uint32_t i = 0; i < LOOPS; i++) {
        pthread_join(openers[i].thread, &answer);
        assert_non_null(answer);
        free(openers[i].loop);
    }
    pthread_barrier_destroy(&opened);
    end_trial(&trial);
}

static void test_open_loops_apart(void **state)
{
    static const struct loop_kind green = {
        .loop_bytes = sizeof(struct green), .open = open_green, .close = green_scheduler_close};

    check_loops(&callback_loop_kind, callback_extents);
    check_loops(&green, green_extents);
}

// What a worker of the origin writes for each request: its counters, and what its connections share.
static void test_origin_workers(void **state)
{
    static struct origin_counters counters[LOOPS];
    struct origin_worker *workers = aligned_alloc(_Alignof(struct origin_worker), LOOPS * sizeof *workers);
    struct extent extents[2 * LOOPS];

    assert_non_null(workers);
    for (uint32_t i = 0; i < LOOPS; i++) {
        extents[i] = (struct extent){&counters[i], sizeof counters[i], i};
        extents[LOOPS + i] = (struct extent){&workers[i], sizeof workers[i], i};
    }
    check_all_apart(extents, (size_t)2 * LOOPS);
    free(workers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_counter_alone),
        cmocka_unit_test(test_slots_apart),
        cmocka_unit_test(test_lanes_apart),
        cmocka_unit_test(test_lanes_are_small),
        cmocka_unit_test(test_loop_fills_lines),
        cmocka_unit_test(test_written_by_others),
        cmocka_unit_test(test_open_loops_apart),
        cmocka_unit_test(test_origin_workers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

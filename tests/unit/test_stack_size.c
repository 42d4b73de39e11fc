// SPDX-License-Identifier: MIT
// How large a stack a thread gets for what it will do: the machine takes it, no step that fetches gets a small one, and the deepest
// that tasks can be is carried out on it.
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "models/carry/stack/blocking.h"
#include "models/carry/stack_size.h"
#include "workloads/program/compute.h"

#define DEPTH 64 // of lists in one another, the most that a plan may have

static void test_sizes(void **state)
{
    const struct {
        uint32_t kinds;
        unsigned depth;
        size_t bytes;
    } cases[] = {
        {0, 1, THREAD_STACK_LEAST},
        {STEP_BIT(STEP_SLEEP) | STEP_BIT(STEP_LOCK) | STEP_BIT(STEP_READ), 2, THREAD_STACK_LEAST},
        {STEP_BIT(STEP_COMPUTE), 1, 2 * THREAD_STACK_LEAST},
        {STEP_BIT(STEP_SLEEP) | STEP_BIT(STEP_GATHER), 2, 2 * THREAD_STACK_LEAST},
        {STEP_BIT(STEP_CALL), DEPTH, 2 * THREAD_STACK_LEAST},
        {STEP_BIT(STEP_SLEEP) | STEP_BIT(STEP_FETCH), 1, THREAD_STACK_BYTES},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct trial trial = {.kinds = cases[i].kinds, .depth = cases[i].depth};
        size_t bytes = thread_stack_bytes(&trial);
        pthread_attr_t attributes;

        assert_true(bytes >= cases[i].bytes);
        assert_int_equal(pthread_attr_init(&attributes), 0);
        assert_int_equal(pthread_attr_setstacksize(&attributes, bytes), 0);
        pthread_attr_destroy(&attributes);
    }
}

static void *walk_all(void *data)
{
    struct lane *lane = data;

    (void)walk(lane, lane->own);
    return NULL;
}

// On the stack that a plan of this depth gets: a page more, and the guard page would be hit.
static void test_deepest(void **state)
{
    static struct program programs[DEPTH];
    static struct step steps[DEPTH];
    struct trial trial = {.kinds = STEP_BIT(STEP_CALL) | STEP_BIT(STEP_COMPUTE), .depth = DEPTH};
    struct lane lane = {.trial = &trial, .own = programs};
    pthread_attr_t attributes;
    pthread_t thread;

    for (unsigned i = 0; i < DEPTH; i++) {
        steps[i] = (struct step){.kind = STEP_CALL, .arg = 1, .callee = &programs[i + 1]};
        programs[i] = (struct program){.steps = &steps[i], .length = 1};
    }
    steps[DEPTH - 1] = (struct step){.kind = STEP_COMPUTE, .arg = 30, .times = 1};
    lane_use_steps(&lane, blocking_steps);
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, thread_stack_bytes(&trial)), 0);
    assert_int_equal(pthread_create(&thread, &attributes, walk_all, &lane), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    assert_int_equal(lane.check, compute_expected(30));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_deepest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "cmd/rounds/stall.h"
#include "measure/base/clock.h"

#define TASKS 3
#define START_NS (1000 * NS_PER_S)

// The first task has ended; the others arrive 100 s later, which in a closed loop says nothing.
static void fill(struct slot slots[TASKS])
{
    memset(slots, 0, TASKS * sizeof *slots);
    slots[0] = (struct slot){.begin_ns = START_NS, .end_ns = START_NS + NS_PER_MS};
    slots[1].arrival_ns = slots[2].arrival_ns = 100 * NS_PER_S;
}

static void test_what_has_not_arrived_is_not_stuck(void **state)
{
    struct slot slots[TASKS];
    struct stall stall = {
        .slots = slots, .tasks = TASKS, .lanes = 4, .chunk = 1, .open_loop = true, .patience_ns = NS_PER_S};

    fill(slots);
    assert_null(stall_look(&stall, START_NS + NS_PER_S));
    assert_null(stall_look(&stall, START_NS + 99 * NS_PER_S));
    assert_null(stall_look(&stall, START_NS + 101 * NS_PER_S));
    assert_string_equal(stall_look(&stall, START_NS + 150 * NS_PER_S),
                        "the server seems to answer fewer than 4 connections at a time: try -c 1");
}

static void test_closed_loop(void **state)
{
    struct slot slots[TASKS];
    struct stall stall = {.slots = slots, .tasks = TASKS, .lanes = 3, .chunk = 1, .patience_ns = NS_PER_S};

    fill(slots);
    assert_null(stall_look(&stall, START_NS + NS_PER_S));
    assert_null(stall_look(&stall, START_NS + 2 * NS_PER_S));
    assert_string_equal(stall_look(&stall, START_NS + 50 * NS_PER_S),
                        "the server seems to answer one connection at a time: try -c 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_has_not_arrived_is_not_stuck),
        cmocka_unit_test(test_closed_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// Whether tasks were kept up with: open loops made by hand, of which that is known beforehand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/clock.h"
#include "measure/base/rng.h"
#include "measure/lateness.h"

#define START_NS (1000 * NS_PER_S)
#define MOST 20000
#define LANES 64

static struct slot slots[MOST];
static uint32_t tasks;

// Tasks of 1 ms at even distances.
static void arrive(double per_s, double seconds)
{
    memset(slots, 0, sizeof slots);
    tasks = (uint32_t)(per_s * seconds);
    assert_true(tasks <= MOST);
    for (uint32_t i = 0; i < tasks; i++)
        slots[i].arrival_ns = (uint64_t)((i + 1) * 1e9 / per_s);
}

static uint64_t millisecond(const struct slot *slot)
{
    (void)slot;
    return NS_PER_MS;
}

// Carries them in lanes, in the order of their arrivals, as every model does.
static void carry(unsigned lanes, uint64_t (*service_ns)(const struct slot *))
{
    uint64_t free_ns[LANES] = {0};

    for (uint32_t i = 0; i < tasks; i++) {
        unsigned lane = 0;

        for (unsigned k = 1; k < lanes; k++)
            lane = free_ns[k] < free_ns[lane] ? k : lane;
        slots[i].begin_ns = START_NS + slots[i].arrival_ns;
        if (slots[i].begin_ns < free_ns[lane])
            slots[i].begin_ns = free_ns[lane];
        slots[i].end_ns = free_ns[lane] = slots[i].begin_ns + service_ns(&slots[i]);
    }
}

// Nothing is carried between the two times, as when the machine stands still: whatever would end then ends later.
static void stall(double from_s, double to_s)
{
    uint64_t from_ns = START_NS + (uint64_t)(from_s * 1e9), to_ns = START_NS + (uint64_t)(to_s * 1e9);
    uint64_t free_ns = to_ns;

    for (uint32_t i = 0; i < tasks; i++) {
        uint64_t service_ns = slots[i].end_ns - slots[i].begin_ns;

        if (slots[i].begin_ns < from_ns || slots[i].begin_ns >= free_ns)
            continue;
        slots[i].begin_ns = free_ns;
        slots[i].end_ns = free_ns += service_ns;
    }
}

static struct lateness judged(uint32_t classes)
{
    struct lateness lateness;

    assert_int_equal(lateness_of(slots, tasks, classes, START_NS, &lateness), 0);
    return lateness;
}

static void assert_near(double value, double expected, double share)
{
    if (!(fabs(value - expected) <= share * expected))
        fail_msg("%g, expected %g", value, expected);
}

static void test_at_ease(void **state)
{
    struct lateness lateness;

    (void)state;
    arrive(100, 5);
    carry(1, millisecond);
    lateness = judged(1);
    assert_true(lateness.kept_up);
    assert_int_equal(lateness.latest_ns, 0);
    assert_near(lateness.reached_per_s, 100, 0.01);
}

static void test_twice_too_many(void **state)
{
    struct lateness lateness;

    (void)state;
    arrive(2000, 2);
    carry(1, millisecond);
    lateness = judged(1);
    assert_false(lateness.kept_up);
    assert_near(lateness.reached_per_s, 1000, 0.01);
    assert_near((double)lateness.latest_ns, 2e9, 0.01);
    assert_true(lateness.behind_since_ns < NS_PER_S / 20); // from the start, but for how finely that is told
}

// Carrying 97 % of what arrives is keeping up, 90 % is not.
static void test_where_the_line_is(void **state)
{
    (void)state;
    arrive(1030, 5);
    carry(1, millisecond);
    assert_true(judged(1).kept_up);
    arrive(1110, 5);
    carry(1, millisecond);
    assert_false(judged(1).kept_up);
}

// Many lanes that share the CPU: no task waits to begin, all take longer and longer.
static void test_late_half_way(void **state)
{
    (void)state;
    arrive(200, 2);
    for (uint32_t i = 0; i < tasks; i++) {
        slots[i].begin_ns = START_NS + slots[i].arrival_ns;
        slots[i].end_ns = slots[i].begin_ns + NS_PER_MS + slots[i].arrival_ns / 2;
    }
    assert_false(judged(1).kept_up);
    assert_near((double)judged(1).latest_ns, 1e9, 0.01);
}

static uint64_t slow_from_three_seconds(const struct slot *slot)
{
    return slot->arrival_ns < 3 * NS_PER_S ? NS_PER_MS : 30 * NS_PER_MS;
}

static void test_behind_since(void **state)
{
    struct lateness lateness;

    (void)state;
    arrive(100, 5);
    carry(1, slow_from_three_seconds);
    lateness = judged(1);
    assert_false(lateness.kept_up);
    assert_near((double)lateness.behind_since_ns, 3e9, 0.05);
}

// A queue that comes and goes: tasks of 50 ms at an average of 16/s, in one lane.
static uint64_t fifty_milliseconds(const struct slot *slot)
{
    (void)slot;
    return 50 * NS_PER_MS;
}

static void test_a_queue_is_no_backlog(void **state)
{
    struct rng rng = {.state = 7};

    (void)state;
    for (unsigned seed = 0; seed < 50; seed++) {
        double now_ns = 0;

        arrive(16, 5);
        for (uint32_t i = 0; i < tasks; i++) {
            now_ns += -log(rng_share(&rng)) * 1e9 / 16;
            slots[i].arrival_ns = (uint64_t)now_ns;
        }
        carry(1, fifty_milliseconds);
        if (!judged(1).kept_up)
            fail_msg("seed %u: 80 %% busy, and behind since %g s", seed, (double)judged(1).behind_since_ns / 1e9);
    }
}

// Once a second, a task of class 1 takes 100 ms of the only lane.
static uint64_t hog(const struct slot *slot)
{
    return slot->class_index == 1 ? 100 * NS_PER_MS : NS_PER_MS;
}

static void test_short_stalls(void **state)
{
    (void)state;
    for (unsigned offset = 0; offset < 100; offset++) {
        struct lateness lateness;

        arrive(100, 5);
        for (uint32_t i = offset; i < tasks; i += 100)
            slots[i].class_index = 1;
        carry(1, hog);
        lateness = judged(2);
        if (!lateness.kept_up)
            fail_msg("hogs from task %u on: behind since %g s", offset, (double)lateness.behind_since_ns / 1e9);
        assert_true(lateness.latest_ns <= 100 * NS_PER_MS);
        assert_true(lateness.latest_ns >= 90 * NS_PER_MS || offset == 99); // the last task of all keeps nobody waiting
    }
}

static void test_a_long_stall_that_was_made_up_for(void **state)
{
    (void)state;
    arrive(200, 5);
    carry(1, millisecond);
    stall(3.2, 4.4);
    assert_true(judged(1).latest_ns > NS_PER_S);
    assert_true(judged(1).kept_up);
    carry(1, millisecond);
    stall(0, 0.5);
    assert_true(judged(1).kept_up);
}

static void test_a_stall_to_the_end(void **state)
{
    (void)state;
    arrive(200, 5);
    carry(1, millisecond);
    stall(4, 5.5);
    assert_false(judged(1).kept_up);
    assert_near((double)judged(1).behind_since_ns, 4e9, 0.05);
}

// Tasks that take longer than they arrive: all have a lane, none waits.
static uint64_t ten_seconds(const struct slot *slot)
{
    (void)slot;
    return 10 * NS_PER_S;
}

static void test_long_tasks(void **state)
{
    (void)state;
    arrive(10, 5);
    carry(LANES, ten_seconds);
    assert_true(judged(1).kept_up);
    carry(1, ten_seconds);
    assert_false(judged(1).kept_up);
}

// One task in ten is left to wait, later and later; the others are served at once.
static void test_a_starved_class(void **state)
{
    struct lateness lateness;

    (void)state;
    arrive(500, 4);
    carry(1, millisecond);
    assert_true(judged(2).kept_up);
    for (uint32_t i = 0; i < tasks; i += 10) {
        slots[i].class_index = 1;
        slots[i].end_ns += slots[i].arrival_ns / 5;
    }
    lateness = judged(2);
    assert_false(lateness.kept_up);
    assert_true(lateness.behind_since_ns < NS_PER_S / 4);
}

static void test_very_few_tasks(void **state)
{
    (void)state;
    for (unsigned n = 1; n < 8; n++) {
        arrive(n, 1);
        carry(1, millisecond);
        assert_true(judged(1).kept_up);
    }
    arrive(3, 1);
    carry(1, ten_seconds);
    assert_false(judged(1).kept_up);
}

static void test_what_never_ended(void **state)
{
    struct lateness lateness = {.latest_ns = 7};

    (void)state;
    arrive(100, 1);
    assert_int_equal(lateness_of(slots, tasks, 1, START_NS, &lateness), -ENODATA);
    carry(1, millisecond);
    slots[3].end_ns = 0;
    slots[4].class_index = 9;
    assert_near(judged(1).reached_per_s, 98, 0.01);
    for (uint32_t i = 0; i < tasks; i++)
        slots[i].class_index = 9;
    lateness.latest_ns = 7;
    assert_int_equal(lateness_of(slots, tasks, 1, START_NS, &lateness), -ENODATA);
    assert_int_equal(lateness.latest_ns, 7); // untouched
}

// Three in a hundred too many: kept up with, by the rule that leaves room for noise, but not for long.
static void test_carried_is_stricter(void **state)
{
    struct lateness lateness;

    arrive(1030, 15);
    carry(1, millisecond);
    lateness = judged(1);
    assert_true(lateness.kept_up);
    assert_false(lateness.carried);
    arrive(990, 15);
    carry(1, millisecond);
    assert_true(judged(1).carried);
    arrive(1500, 5);
    carry(1, millisecond);
    lateness = judged(1);
    assert_false(lateness.kept_up || lateness.carried);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_carried_is_stricter),
        cmocka_unit_test(test_at_ease),
        cmocka_unit_test(test_twice_too_many),
        cmocka_unit_test(test_where_the_line_is),
        cmocka_unit_test(test_late_half_way),
        cmocka_unit_test(test_behind_since),
        cmocka_unit_test(test_a_queue_is_no_backlog),
        cmocka_unit_test(test_short_stalls),
        cmocka_unit_test(test_a_long_stall_that_was_made_up_for),
        cmocka_unit_test(test_a_stall_to_the_end),
        cmocka_unit_test(test_long_tasks),
        cmocka_unit_test(test_a_starved_class),
        cmocka_unit_test(test_very_few_tasks),
        cmocka_unit_test(test_what_never_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

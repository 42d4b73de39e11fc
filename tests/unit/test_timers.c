// SPDX-License-Identifier: MIT
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "measure/base/clock.h"
#include "measure/base/rng.h"
#include "measure/base/timers.h"

#define SLEEPERS 5000

struct bed {
    uv_loop_t loop;
    struct timers timers;
};

struct sleeper {
    struct timer_entry entry; // first: fired() casts
    uint64_t deadline_ns;
    uint64_t fired_ns; // 0: not yet
};

// Deadlines in the order they fired.
static uint64_t fired_deadlines[SLEEPERS];
static size_t fired_count;

static void fired(struct timer_entry *entry)
{
    struct sleeper *sleeper = (struct sleeper *)entry;

    assert_int_equal(sleeper->fired_ns, 0);
    sleeper->fired_ns = clock_now_ns();
    fired_deadlines[fired_count++] = sleeper->deadline_ns;
}

static int make_bed(void **state)
{
    struct bed *bed = calloc(1, sizeof *bed);

    if (!bed || uv_loop_init(&bed->loop) != 0 || timers_open(&bed->timers, &bed->loop) != 0)
        return -1;
    fired_count = 0;
    *state = bed;
    return 0;
}

static int unmake_bed(void **state)
{
    struct bed *bed = *state;
    int r;

    timers_close(&bed->timers);
    uv_run(&bed->loop, UV_RUN_DEFAULT);
    r = uv_loop_close(&bed->loop);
    free(bed);
    return r;
}

// A bed for a process that may open no descriptor more, so that there is no timerfd.
static int make_bed_without_timerfd(void **state)
{
    struct bed *bed;
    struct rlimit limit, none;

    if (make_bed(state) != 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return -1;
    bed = *state;
    timers_close(&bed->timers);
    uv_run(&bed->loop, UV_RUN_DEFAULT);
    none = limit;
    none.rlim_cur = 0;
    if (setrlimit(RLIMIT_NOFILE, &none) != 0 || timers_open(&bed->timers, &bed->loop) != 0)
        return -1;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

static void add(struct bed *bed, struct sleeper *sleeper, uint64_t deadline_ns)
{
    *sleeper = (struct sleeper){.entry.fire = fired, .deadline_ns = deadline_ns};
    assert_int_equal(timers_add(&bed->timers, deadline_ns, &sleeper->entry), 0);
}

static int compare_u64(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void test_order(void **state)
{
    static struct sleeper sleepers[SLEEPERS];
    static uint64_t sorted[SLEEPERS];
    struct rng rng = {.state = 42};

    // Of 1000 different deadlines, so that there are equal ones.
    for (size_t i = 0; i < SLEEPERS; i++) {
        sorted[i] = rng_below(&rng, 1000);
        add(*state, &sleepers[i], sorted[i]);
    }
    qsort(sorted, SLEEPERS, sizeof *sorted, compare_u64);
    assert_int_equal(timers_fire_due(&((struct bed *)*state)->timers, 1000, SIZE_MAX), SLEEPERS);
    assert_memory_equal(fired_deadlines, sorted, sizeof sorted);
}

// The least of a plain array, the slow and obvious way.
static size_t least_of(const uint64_t *values, size_t n)
{
    size_t least = 0;

    for (size_t i = 1; i < n; i++)
        if (values[i] < values[least])
            least = i;
    return least;
}

static void test_order_while_adding(void **state)
{
    static struct sleeper sleepers[SLEEPERS];
    static uint64_t asleep[SLEEPERS];
    struct bed *bed = *state;
    struct rng rng = {.state = 7};
    size_t added = 0, n = 0;

    while (added < SLEEPERS || n > 0) {
        if (added < SLEEPERS && (n == 0 || rng_below(&rng, 5) < 3)) {
            asleep[n] = rng_next(&rng) >> 1;
            add(bed, &sleepers[added++], asleep[n++]);
        } else {
            const size_t least = least_of(asleep, n);

            assert_int_equal(timers_fire_due(&bed->timers, UINT64_MAX, 1), 1);
            assert_int_equal(fired_deadlines[fired_count - 1], asleep[least]);
            asleep[least] = asleep[--n];
        }
        assert_int_equal(bed->timers.count, n);
    }
    assert_int_equal(fired_count, SLEEPERS);
}

static void test_only_what_is_due(void **state)
{
    struct bed *bed = *state;
    struct sleeper sleepers[4];

    for (size_t i = 0; i < 4; i++)
        add(bed, &sleepers[i], 100 * (i + 1));
    assert_int_equal(timers_fire_due(&bed->timers, 99, SIZE_MAX), 0);
    assert_int_equal(timers_fire_due(&bed->timers, 300, 2), 2);
    assert_int_equal(timers_fire_due(&bed->timers, 300, SIZE_MAX), 1);
    assert_int_equal(timers_fire_due(&bed->timers, 300, SIZE_MAX), 0);
    assert_int_equal(sleepers[3].fired_ns, 0);
    assert_int_equal(bed->timers.count, 1);
}

static void test_reserve(void **state)
{
    struct bed *bed = *state;
    static struct sleeper sleepers[SLEEPERS];
    struct timers_node *heap, *queue;

    assert_int_equal(timers_reserve(&bed->timers, SLEEPERS), 0);
    assert_true(bed->timers.capacity >= SLEEPERS);
    heap = bed->timers.heap;
    queue = bed->timers.queue;
    for (size_t i = 0; i < SLEEPERS; i++)
        add(bed, &sleepers[i], i % 7);
    assert_ptr_equal(bed->timers.heap, heap);
    assert_ptr_equal(bed->timers.queue, queue);

    assert_int_equal(timers_reserve(&bed->timers, SIZE_MAX), -ENOMEM);
    assert_int_equal(timers_reserve(&bed->timers, 1), 0);
    assert_ptr_equal(bed->timers.heap, heap);
    assert_ptr_equal(bed->timers.queue, queue);
    assert_int_equal(bed->timers.count, SLEEPERS);
    assert_true(bed->timers.capacity >= SLEEPERS);
}

// Mostly of one length, as tasks' sleeps are: the queue goes round and grows meanwhile, and whoever sleeps less than those before is
// not held up by it.
static void test_order_of_equal_sleeps(void **state)
{
    static struct sleeper sleepers[SLEEPERS];
    struct bed *bed = *state;
    struct rng rng = {.state = 11};
    uint64_t now_ns = 0;
    size_t added = 0;

    while (fired_count < SLEEPERS) {
        const size_t most = added < SLEEPERS / 2 ? 40 : SLEEPERS; // at first so few that there is room enough
        size_t due = rng_below(&rng, 3), more = rng_below(&rng, 4);

        for (; more > 0 && added < SLEEPERS && added - fired_count < most; more--, added++)
            add(bed, &sleepers[added], now_ns + (rng_below(&rng, 10) == 0 ? rng_below(&rng, 1000) : 1000));
        while (due-- > 0 && timers_fire_due(&bed->timers, UINT64_MAX, 1) == 1)
            now_ns = fired_deadlines[fired_count - 1];
        assert_int_equal(bed->timers.count, added - fired_count);
    }
    for (size_t i = 1; i < fired_count; i++)
        assert_true(fired_deadlines[i - 1] <= fired_deadlines[i]);
}

// Runs the loop to its end: that it ends shows that all fired, and that idle timers do not keep it.
static void sleep_and_check(struct bed *bed)
{
    static struct sleeper sleepers[300];
    const size_t n = sizeof sleepers / sizeof *sleepers;
    const uint64_t start_ns = clock_now_ns();
    struct rng rng = {.state = 3};

    // From 1 ms in the past to 20 ms ahead.
    for (size_t i = 0; i < n; i++)
        add(bed, &sleepers[i], start_ns - NS_PER_MS + rng_below(&rng, 21 * NS_PER_MS));
    timers_arm(&bed->timers);
    uv_run(&bed->loop, UV_RUN_DEFAULT);
    assert_int_equal(fired_count, n);
    for (size_t i = 0; i < n; i++)
        assert_true(sleepers[i].fired_ns >= sleepers[i].deadline_ns);
    assert_int_equal(bed->timers.count, 0);
}

static void test_never_early(void **state)
{
    struct bed *bed = *state;

    assert_true(bed->timers.fd >= 0);
    sleep_and_check(bed);
}

static void test_never_early_without_timerfd(void **state)
{
    struct bed *bed = *state;

    assert_int_equal(bed->timers.fd, -1);
    sleep_and_check(bed);
}

static void test_earlier_deadline_added_later(void **state)
{
    struct bed *bed = *state;
    struct sleeper late, soon;
    const uint64_t now_ns = clock_now_ns();

    add(bed, &late, now_ns + 3600 * NS_PER_S);
    timers_arm(&bed->timers);
    add(bed, &soon, now_ns + NS_PER_MS);
    timers_arm(&bed->timers);
    uv_run(&bed->loop, UV_RUN_ONCE);
    // One turn may bring nothing but the descriptor's news; the hour's sleeper keeps the loop alive meanwhile.
    while (soon.fired_ns == 0)
        assert_true(uv_run(&bed->loop, UV_RUN_ONCE));
    assert_true(soon.fired_ns >= soon.deadline_ns);
    assert_int_equal(late.fired_ns, 0);
}

static void test_fired_by_hand_leaves_nothing_armed(void **state)
{
    struct bed *bed = *state;
    struct sleeper sleeper;

    add(bed, &sleeper, clock_now_ns() + 3600 * NS_PER_S);
    timers_arm(&bed->timers);
    assert_int_equal(timers_fire_due(&bed->timers, UINT64_MAX, SIZE_MAX), 1);
    timers_arm(&bed->timers);
    assert_int_equal(uv_run(&bed->loop, UV_RUN_DEFAULT), 0);
}

struct again {
    struct timer_entry entry; // first
    struct timers *timers;
    unsigned times;
};

static void fire_again(struct timer_entry *entry)
{
    struct again *again = (struct again *)entry;

    if (++again->times < 100)
        assert_int_equal(timers_add(again->timers, 0, entry), 0);
}

static void count_turn(uv_check_t *check)
{
    ++*(unsigned *)check->data;
}

// Sleeping again and again for no time still lets the loop turn in between.
static void test_no_starvation(void **state)
{
    struct bed *bed = *state;
    struct again again = {.entry.fire = fire_again, .timers = &bed->timers};
    unsigned turns = 0;
    uv_check_t check;

    uv_check_init(&bed->loop, &check);
    check.data = &turns;
    uv_check_start(&check, count_turn);
    uv_unref((uv_handle_t *)&check);
    assert_int_equal(timers_add(&bed->timers, 0, &again.entry), 0);
    timers_arm(&bed->timers);
    uv_run(&bed->loop, UV_RUN_DEFAULT);
    assert_int_equal(again.times, 100);
    assert_true(turns >= 100);
    uv_close((uv_handle_t *)&check, NULL);
    uv_run(&bed->loop, UV_RUN_DEFAULT);
}

#define BED_TEST(test) cmocka_unit_test_setup_teardown(test, make_bed, unmake_bed)
#define NO_TIMERFD_TEST(test) cmocka_unit_test_setup_teardown(test, make_bed_without_timerfd, unmake_bed)

// Those that are taken back never fire; the others do, in order.
static void test_forgotten_ones_do_not_fire(void **state)
{
    struct bed *bed = *state;
    static struct sleeper sleepers[SLEEPERS];
    struct rng rng = {3};
    size_t forgotten = 0;

    for (size_t i = 0; i < SLEEPERS; i++) {
        sleepers[i] = (struct sleeper){.entry.fire = fired, .deadline_ns = 1 + rng_below(&rng, 1000)};
        assert_int_equal(timers_add(&bed->timers, sleepers[i].deadline_ns, &sleepers[i].entry), 0);
    }
    for (size_t i = 0; i < SLEEPERS; i++) {
        if (rng_below(&rng, 3) > 0)
            continue;
        timers_forget(&bed->timers, &sleepers[i].entry);
        sleepers[i].fired_ns = 1; // fired() would find that it had fired
        forgotten++;
    }
    assert_int_equal(timers_fire_due(&bed->timers, UINT64_MAX, SLEEPERS), SLEEPERS - forgotten);
    for (size_t i = 1; i < fired_count; i++)
        assert_true(fired_deadlines[i - 1] <= fired_deadlines[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(test_forgotten_ones_do_not_fire),
        BED_TEST(test_order),
        BED_TEST(test_order_while_adding),
        BED_TEST(test_order_of_equal_sleeps),
        BED_TEST(test_only_what_is_due),
        BED_TEST(test_reserve),
        BED_TEST(test_never_early),
        NO_TIMERFD_TEST(test_never_early_without_timerfd),
        BED_TEST(test_earlier_deadline_added_later),
        BED_TEST(test_fired_by_hand_leaves_nothing_armed),
        BED_TEST(test_no_starvation),
    };

    return cmocka_run_group_tests_name("timers", tests, NULL, NULL);
}

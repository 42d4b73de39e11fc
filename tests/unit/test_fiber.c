// SPDX-License-Identifier: MIT
// Contexts and their stacks: who runs after whom, and that nobody writes where another lives.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "models/carry/stack/fiber.h"

#define FIBERS 100
#define PARKS 5
#define SCRATCH 256

static struct fiber_scheduler scheduler;
static struct fiber_stacks *const stacks = &scheduler.stacks;
static struct fiber fibers[FIBERS];
static unsigned opened, ended, spoilt, outside;
static unsigned trace[FIBERS * (PARKS + 1)], trace_length;
static int statuses[PARKS];

static unsigned index_of(const struct fiber *fiber)
{
    return (unsigned)(fiber - fibers);
}

// A fiber's stack, from its lowest usable byte to behind its highest.
struct extent {
    char *low, *high;
};

static struct extent stack_of(const struct fiber *fiber)
{
    struct extent extent;
    size_t bytes;

    fiber_stacks_get(stacks, fiber_place(fiber), &extent.low, &bytes);
    extent.high = extent.low + bytes;
    return extent;
}

// Between any two parks a fiber writes its number into the trace.
static void traced_body(struct fiber *self)
{
    for (int i = 0; i < PARKS; i++) {
        trace[trace_length++] = index_of(self);
        fiber_yield(self, 1);
    }
    trace[trace_length++] = index_of(self);
    ended++;
}

// Fills a stack frame of its own, and looks after it each time it is back.
static void scribbling_body(struct fiber *self)
{
    volatile unsigned char mine[SCRATCH];
    unsigned char sign = (unsigned char)(1 + index_of(self));

    for (int i = 0; i < SCRATCH; i++)
        mine[i] = sign;
#ifndef FIBER_ASAN // which keeps locals elsewhere
    struct extent stack = stack_of(self);

    if ((char *)mine < stack.low || (char *)mine + SCRATCH > stack.high)
        outside++;
#endif
    for (int park = 0; park < PARKS; park++) {
        fiber_yield(self, 1);
        for (int i = 0; i < SCRATCH; i++)
            spoilt += mine[i] != sign;
    }
    ended++;
}

// Is woken with what the scheduler has to say.
static void listening_body(struct fiber *self)
{
    for (int i = 0; i < PARKS; i++)
        statuses[i] = fiber_park(self);
    ended++;
}

// The first wakes the third, which is parked, and goes to the back.
static void waking_body(struct fiber *self)
{
    trace[trace_length++] = index_of(self);
    if (self == &fibers[2])
        fiber_park(self);
    else if (self == &fibers[0])
        fiber_push_ready(&fibers[2]);
    fiber_yield(self, 2);
    trace[trace_length++] = index_of(self);
    ended++;
}

FIBER_ENTRY(traced, traced_body)
FIBER_ENTRY(scribbling, scribbling_body)
FIBER_ENTRY(listening, listening_body)
FIBER_ENTRY(waking, waking_body)

static void open_fibers(unsigned count, fiber_entry *entry)
{
    opened = count;
    ended = spoilt = outside = trace_length = 0;
    fiber_scheduler_init(&scheduler, entry);
    assert_int_equal(fiber_stacks_open(stacks, count), 0);
    for (unsigned i = 0; i < count; i++) {
        fibers[i] = (struct fiber){0};
        fiber_init(&fibers[i], &scheduler, i);
    }
}

static void start_all(void)
{
    for (unsigned i = 0; i < opened; i++) {
        fiber_start(&fibers[i]);
        fiber_push_ready(&fibers[i]);
    }
}

// Leaves the scheduler for the next ready fiber, to be back when one has no other to go on with. False: none is ready.
static bool run_once(unsigned budget)
{
    if (!fiber_any_ready(&scheduler))
        return false;
    scheduler.budget = budget;
    fiber_run(fiber_take_first(&scheduler));
    return true;
}

static void run_ready(unsigned budget)
{
    while (run_once(budget))
        ;
}

static int close_fibers(void **state)
{
    (void)state;
    for (unsigned i = 0; i < opened; i++)
        fiber_release(&fibers[i]);
    fiber_stacks_close(stacks);
    return 0;
}

static void assert_round_robin(void)
{
    assert_int_equal(trace_length, opened * (PARKS + 1));
    for (unsigned i = 0; i < trace_length; i++)
        assert_int_equal(trace[i], i % opened);
    assert_int_equal(ended, opened);
}

static void test_first_ready_runs_first(void **state)
{
    (void)state;
    open_fibers(3, traced);
    start_all();
    run_ready(1000);
    assert_round_robin();
    assert_int_equal(scheduler.switches, 3 * PARKS);
}

// By way of the scheduler after each switch: the order is the same.
static void test_order_does_not_depend_on_the_budget(void **state)
{
    (void)state;
    open_fibers(FIBERS, traced);
    start_all();
    run_ready(0);
    assert_round_robin();
}

static void test_no_more_switches_than_the_budget(void **state)
{
    (void)state;
    open_fibers(3, traced);
    start_all();
    assert_true(run_once(2));
    assert_int_equal(trace_length, 3); // the first, and two switched to
    assert_int_equal(scheduler.budget, 0);
    run_ready(1000);
    assert_round_robin();
}

// It comes after the one that was ready, and so ends last.
static void test_a_woken_one_is_last(void **state)
{
    const unsigned order[] = {2, 0, 1, 0, 1, 2};

    (void)state;
    open_fibers(3, waking);
    fiber_start(&fibers[2]);
    fiber_push_ready(&fibers[2]);
    run_ready(1000);
    fiber_start(&fibers[0]);
    fiber_push_ready(&fibers[0]);
    fiber_start(&fibers[1]);
    fiber_push_ready(&fibers[1]);
    run_ready(1000);
    assert_int_equal(ended, 3);
    assert_int_equal(trace_length, 6);
    for (unsigned i = 0; i < trace_length; i++)
        assert_int_equal(trace[i], order[i]);
}

#ifdef CCBENCH_HAVE_FCONTEXT

static void test_aligned_ones_leave_one_line(void **state)
{
    (void)state;
    open_fibers(FIBERS, traced);
    fiber_start(&fibers[0]);
    fiber_push_ready(&fibers[0]);
    assert_true(run_once(0));
    fiber_align(&fibers[0]);
    for (unsigned i = 1; i < opened; i++) {
        fiber_start(&fibers[i]);
        fiber_push_ready(&fibers[i]);
    }
    for (unsigned i = 0; i < opened; i++)
        assert_true(run_once(0));
    for (unsigned i = 1; i < opened; i++)
        assert_int_equal((uintptr_t)fibers[i].context % FIBER_LINE, 0);
    run_ready(1000);
    assert_int_equal(ended, opened);
}

#endif

static void test_one_alone_goes_on(void **state)
{
    (void)state;
    open_fibers(1, traced);
    start_all();
    run_ready(1000);
    assert_round_robin();
}

static void test_stacks_are_their_own(void **state)
{
    (void)state;
    open_fibers(FIBERS, scribbling);
    start_all();
    run_ready(1000);
    assert_int_equal(ended, FIBERS);
    assert_int_equal(spoilt, 0);
    assert_int_equal(outside, 0);
    for (unsigned i = 0; i < FIBERS; i++)
        assert_true(fiber_stacks_intact(stacks, i));
}

// A lane starts a context for each task on the one stack it has.
static void test_a_stack_is_used_again(void **state)
{
    (void)state;
    open_fibers(2, scribbling);
    for (unsigned i = 1; i <= 1000; i++) {
        start_all();
        run_ready(1000);
        assert_int_equal(ended, 2 * i);
    }
    assert_int_equal(spoilt, 0);
}

static void test_park_returns_the_status_it_was_woken_with(void **state)
{
    (void)state;
    open_fibers(1, listening);
    start_all();
    for (int i = 0; i < PARKS; i++) {
        assert_true(run_once(1000));
        assert_int_equal(ended, 0);
        assert_false(fiber_any_ready(&scheduler)); // parked: in nobody's list
        fibers[0].status = 100 + i;
        fiber_push_ready(&fibers[0]);
    }
    run_ready(1000);
    assert_int_equal(ended, 1);
    for (int i = 0; i < PARKS; i++)
        assert_int_equal(statuses[i], 100 + i);
}

static void test_stacks_do_not_overlap(void **state)
{
    (void)state;
    open_fibers(FIBERS, traced);
    for (unsigned i = 0; i < FIBERS; i++) {
        struct extent stack = stack_of(&fibers[i]);

        assert_true(stack.low >= stacks->base + i * FIBER_SLOT_BYTES);
        assert_true(stack.high <= stacks->base + (i + 1) * FIBER_SLOT_BYTES);
        assert_true(stack.high - stack.low >= 8192);
        assert_int_equal((uintptr_t)stack.high % 16, 0); // the ABI's alignment
    }
    // Tops are coloured: neighbours do not compete for the same cache sets.
    assert_int_not_equal((uintptr_t)stack_of(&fibers[0]).high % 4096, (uintptr_t)stack_of(&fibers[1]).high % 4096);
}

// Whether a write just below the stack of fiber 1 kills a process.
static bool is_caught(void)
{
    struct rlimit no_core = {0, 0};
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGSEGV, SIG_DFL); // not a sanitizer's report
        *(volatile char *)(stack_of(&fibers[1]).low - 1) = 1;
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

static void test_an_overflow_is_noticed(void **state)
{
    (void)state;
    open_fibers(3, traced);
    if (strcmp(stacks->guard, "canary") != 0) {
        assert_true(is_caught());
        return;
    }
    memset(stack_of(&fibers[1]).low - 64, 0, 64);
    assert_true(fiber_stacks_intact(stacks, 0));
    assert_false(fiber_stacks_intact(stacks, 1));
    assert_true(fiber_stacks_intact(stacks, 2));
}

static void test_closing_nothing(void **state)
{
    struct fiber_stacks nothing = {0};

    (void)state;
    fiber_stacks_close(&nothing);
    assert_null(nothing.base);
}

#define CLOSED(name) cmocka_unit_test_teardown(name, close_fibers)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLOSED(test_first_ready_runs_first),
        CLOSED(test_order_does_not_depend_on_the_budget),
        CLOSED(test_no_more_switches_than_the_budget),
        CLOSED(test_a_woken_one_is_last),
#ifdef CCBENCH_HAVE_FCONTEXT
        CLOSED(test_aligned_ones_leave_one_line),
#endif
        CLOSED(test_one_alone_goes_on),
        CLOSED(test_stacks_are_their_own),
        CLOSED(test_a_stack_is_used_again),
        CLOSED(test_park_returns_the_status_it_was_woken_with),
        CLOSED(test_stacks_do_not_overlap),
        CLOSED(test_an_overflow_is_noticed),
        cmocka_unit_test(test_closing_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

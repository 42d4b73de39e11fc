// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "measure/trace/trace_read.h"

enum { ROOM = 16, TASKS = 3, LANES = 2, KINDS = 5, THREAD = 7 };

static struct trace_capture capture;
static struct trace trace;
static char error[TRACE_ERROR];

static int begin(void **state)
{
    error[0] = '\0';
    if (trace_capture_open(&capture, ROOM) != 0)
        return -1;
    trace_capture_begin(&capture, TASKS, LANES, KINDS);
    capture.start_ns = 100;
    capture.end_ns = 1000;
    return 0;
}

static int end(void **state)
{
    trace_release(&trace);
    trace_capture_close(&capture);
    return 0;
}

static struct trace_event *put(uint64_t at_ns, uint32_t task, uint16_t child, enum trace_what what, uint8_t step)
{
    struct trace_event *event = trace_events(capture.header) + atomic_fetch_add(&capture.header->next, 1);

    *event = (struct trace_event){.at_ns = at_ns, .task = task, .child = child, .thread = THREAD, .step = step};
    atomic_store(&event->what, (uint8_t)what);
    return event;
}

static void refused(const char *why)
{
    assert_int_equal(trace_read(&capture, &trace, error), -EINVAL);
    assert_string_equal(error, why);
    assert_null(trace.events);
}

static void put_task(uint64_t at_ns, uint32_t task, uint16_t child)
{
    put(at_ns, task, child, TRACE_TASK_BEGIN, 0);
    put(at_ns, task, child, TRACE_STEP_BEGIN, 1);
    put(at_ns + 10, task, child, TRACE_READY, 1);
    put(at_ns + 20, task, child, TRACE_STEP_END, 1);
    put(at_ns + 20, task, child, TRACE_TASK_END, 0);
}

static void test_reads(void **state)
{
    put_task(300, 1, 0);
    put_task(200, 2, 0);
    capture.run_begin_ns = 150;
    capture.run_ns = 200;
    assert_int_equal(trace_read(&capture, &trace, error), 0);
    assert_int_equal(trace.event_count, 10);
    assert_int_equal(trace.tasks, TASKS);
    assert_int_equal(trace.lanes, LANES);
    assert_int_equal(trace.begin_ns, 150);
    assert_int_equal(trace.end_ns, 350);
    for (size_t i = 0; i < trace.event_count; i++)
        assert_int_equal(trace.events[i].task, i < 5 ? 2 : 1);
    // Those of one moment as they were put there.
    assert_int_equal(trace.events[0].what, TRACE_TASK_BEGIN);
    assert_int_equal(trace.events[1].what, TRACE_STEP_BEGIN);
}

static void test_run_from_events(void **state)
{
    put_task(300, 1, 0);
    assert_int_equal(trace_read(&capture, &trace, error), 0);
    assert_int_equal(trace.begin_ns, 300);
    assert_int_equal(trace.end_ns, 320);
}

static void test_run_that_cannot_be(void **state)
{
    put_task(300, 1, 0);
    capture.run_begin_ns = 50;
    capture.run_ns = UINT64_MAX / 4;
    assert_int_equal(trace_read(&capture, &trace, error), 0);
    assert_int_equal(trace.begin_ns, 300);
    assert_int_equal(trace.end_ns, 320);
}

static void test_none(void **state)
{
    assert_int_equal(trace_read(&capture, &trace, error), -ENODATA);
    assert_string_equal(error, "gives no trace");
    // Claimed, and killed before anything was written.
    put(300, 0, 0, TRACE_UNUSED, 0);
    assert_int_equal(trace_read(&capture, &trace, error), -ENODATA);
}

static void test_gaps(void **state)
{
    put_task(300, 1, 0);
    put(0, 0, 0, TRACE_UNUSED, 0);
    atomic_store(&capture.header->next, UINT64_MAX); // whoever divides it among processes
    atomic_store(&capture.header->dropped, 4);
    assert_int_equal(trace_read(&capture, &trace, error), 0);
    assert_int_equal(trace.event_count, 5);
    assert_int_equal(trace.dropped, 4);
}

static void test_headers(void **state)
{
    put_task(300, 1, 0);
    capture.header->version = 2;
    refused("its trace is of version 2, expected 1");
    capture.header->version = TRACE_VERSION;
    capture.header->capacity = ROOM + 1;
    refused("its trace has room for 17 events, expected 16");
    capture.header->magic[3] = 'X';
    refused("its trace does not begin with 'ccbtrace'");
}

static void test_numbers(void **state)
{
    struct trace_event good = {.at_ns = 300, .task = 1, .thread = THREAD, .what = TRACE_STEP_BEGIN}, *event;

    event = put(0, 0, 0, TRACE_STEP_BEGIN, 0);
#define WRONG(member, value, why)             \
    do {                                      \
        *event = good;                        \
        event->member = (value);              \
        refused("event 0 of its trace " why); \
    } while (0)
    WRONG(what, TRACE_WHAT_COUNT, "has an impossible kind, 10");
    WRONG(task, TASKS, "has an impossible task, 3");
    WRONG(task, TRACE_NO_TASK, "has an impossible task, 4294967295");
    WRONG(lane, LANES, "has an impossible lane, 2");
    WRONG(step, KINDS, "has an impossible step, 5");
    WRONG(thread, 0, "has an impossible thread, 0");
    WRONG(at_ns, 99, "has an impossible time, 99");
    WRONG(at_ns, 1001, "has an impossible time, 1001");
    WRONG(due_ns, 299, "has an impossible due time, 299");
    good.what = TRACE_TAKE;
    WRONG(step, 1, "has an impossible step, 1");
    WRONG(due_ns, 500, "has an impossible due time, 500");
#undef WRONG
}

static void test_lock(void **state)
{
    put(300, TRACE_NO_TASK, 0, TRACE_WANT, 0);
    put(310, TRACE_NO_TASK, 0, TRACE_TAKE, 0);
    put(320, 1, 0, TRACE_DROP, 0);
    assert_int_equal(trace_read(&capture, &trace, error), 0);
    assert_int_equal(trace.event_count, 3);
}

static void test_order(void **state)
{
    put(300, 1, 0, TRACE_STEP_BEGIN, 1);
    refused("in its trace task 1 begins a step outside of the task, or in another step");
}

static void test_step_in_step(void **state)
{
    put(300, 1, 0, TRACE_TASK_BEGIN, 0);
    put(300, 1, 0, TRACE_STEP_BEGIN, 1);
    put(300, 1, 0, TRACE_STEP_BEGIN, 1);
    refused("in its trace task 1 begins a step outside of the task, or in another step");
}

static void test_other_step(void **state)
{
    put(300, 1, 0, TRACE_TASK_BEGIN, 0);
    put(300, 1, 0, TRACE_STEP_BEGIN, 1);
    put(300, 1, 0, TRACE_STEP_END, 2);
    refused("in its trace task 1 goes on with another step than it has begun");
}

static void test_begins_twice(void **state)
{
    put_task(300, 1, 0);
    put(400, 1, 0, TRACE_TASK_BEGIN, 0);
    put(401, 1, 0, TRACE_TASK_BEGIN, 0);
    refused("in its trace task 1 begins twice");
}

static void test_children(void **state)
{
    put_task(300, 1, 0);
    put(302, 1, 2, TRACE_TASK_BEGIN, 0);
    put(303, 1, 2, TRACE_STEP_BEGIN, 1); // killed
    put_task(310, 1, 2);
    assert_int_equal(trace_read(&capture, &trace, error), 0);
    put(402, 1, 3, TRACE_TASK_END, 0);
    trace_release(&trace);
    refused("in its trace task 1 has a child that ends without having begun, or in a step");
}

static void test_capture_again(void **state)
{
    put_task(300, 1, 0);
    trace_capture_begin(&capture, TASKS, LANES, KINDS);
    assert_int_equal(trace_read(&capture, &trace, error), -ENODATA);
    assert_int_equal(capture.header->capacity, ROOM);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(test_reads),
        TEST(test_run_from_events),
        TEST(test_run_that_cannot_be),
        TEST(test_none),
        TEST(test_gaps),
        TEST(test_headers),
        TEST(test_numbers),
        TEST(test_lock),
        TEST(test_order),
        TEST(test_step_in_step),
        TEST(test_other_step),
        TEST(test_begins_twice),
        TEST(test_children),
        TEST(test_capture_again),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}

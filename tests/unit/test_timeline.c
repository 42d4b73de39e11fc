// SPDX-License-Identifier: MIT
// What follows from a trace: traces made by hand, of which that is known, and random ones, held to rules that are written here once
// more and look at one moment at a time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/rng.h"
#include "measure/trace/timeline.h"

enum { COMPUTE, SLEEP, FETCH, BLOCK, LOCK, YIELD, KINDS };

static const struct timeline_step kinds[KINDS] = {
    [COMPUTE] = {"compute", TIMELINE_NATURE_WORK}, [SLEEP] = {"sleep", TIMELINE_NATURE_WAIT},
    [FETCH] = {"fetch", TIMELINE_NATURE_CLIENT},   [BLOCK] = {"block", TIMELINE_NATURE_BLOCK},
    [LOCK] = {"lock", TIMELINE_NATURE_LOCK},       [YIELD] = {"yield", TIMELINE_NATURE_YIELD},
};
static const struct timeline_steps steps = {kinds, KINDS};

#define START_NS 1000000
#define MOST 4096

static struct trace_event events[MOST];
static struct trace_switch switches[MOST];
static struct trace trace;

static void begin_trace(uint64_t length_ns)
{
    trace = (struct trace){.events = events,
                           .switches = switches,
                           .begin_ns = START_NS,
                           .end_ns = START_NS + length_ns,
                           .tasks = 2,
                           .lanes = 2};
}

// An event of a task without children, `at` since the run began.
static struct trace_event *tell(uint64_t at, uint32_t task, uint32_t thread, enum trace_what what, int step)
{
    struct trace_event *event = &events[trace.event_count++];

    *event = (struct trace_event){
        .at_ns = START_NS + at, .task = task, .thread = thread, .lane = task, .step = (uint8_t)step};
    event->what = (uint8_t)what;
    return event;
}

static void turn(uint64_t at, uint32_t thread, bool in, bool preempted)
{
    switches[trace.switch_count++] = (struct trace_switch){
        .at_ns = START_NS + at, .thread = thread, .in = in, .preempted = preempted};
}

// The row's states and when each ends: "works 10, waits 20".
static const char *told(const struct timeline *timeline, size_t r)
{
    static const char *const words[TIMELINE_STATES] = {"idle", "works", "waits", "lock", "blocked",
                                                       "gil",  "loop",  "pool",  "core"};
    static char text[1024];
    const struct timeline_row *row = &timeline->rows[r];
    size_t length = 0;

    text[0] = '\0';
    for (size_t i = row->first; i < row->first + row->count; i++) {
        const struct timeline_interval *interval = &timeline->intervals[i];

        if (i + 1 < row->first + row->count && interval[1].state == interval->state)
            continue;
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s %llu", length > 0 ? ", " : "",
                                   words[interval->state], (unsigned long long)interval->end_ns);
    }
    return text;
}

static void expect_rows(const char *const *expected, size_t n)
{
    struct timeline timeline;

    assert_int_equal(timeline_make(&trace, &steps, &timeline), 0);
    assert_int_equal(timeline.row_count, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(told(&timeline, i), expected[i]);
    timeline_release(&timeline);
}

static void test_thread_of_its_own(void **state)
{
    static const char *const rows[] = {"idle 10, works 20, waits 50, core 55, works 60, idle 100"};

    (void)state;
    begin_trace(100);
    tell(10, 0, 7, TRACE_TASK_BEGIN, 0);
    tell(10, 0, 7, TRACE_STEP_BEGIN, COMPUTE);
    tell(20, 0, 7, TRACE_STEP_END, COMPUTE);
    tell(20, 0, 7, TRACE_STEP_BEGIN, SLEEP)->due_ns = START_NS + 50;
    tell(55, 0, 7, TRACE_STEP_END, SLEEP);
    tell(60, 0, 7, TRACE_TASK_END, 0);
    expect_rows(rows, 1);
}

static void test_loop(void **state)
{
    static const char *const rows[] = {"idle 5, works 40, idle 100",
                                       "works 5, waits 20, loop 40, works 45, waits 60, loop 62, idle 100"};

    (void)state;
    begin_trace(100);
    tell(0, 1, 7, TRACE_TASK_BEGIN, 0);
    tell(5, 1, 7, TRACE_STEP_BEGIN, SLEEP)->due_ns = START_NS + 20;
    tell(5, 0, 7, TRACE_TASK_BEGIN, 0);
    tell(5, 0, 7, TRACE_STEP_BEGIN, COMPUTE);
    tell(40, 0, 7, TRACE_STEP_END, COMPUTE);
    tell(40, 0, 7, TRACE_TASK_END, 0);
    tell(40, 1, 7, TRACE_READY, 0);
    tell(40, 1, 7, TRACE_STEP_END, SLEEP);
    tell(45, 1, 7, TRACE_STEP_BEGIN, FETCH);
    tell(60, 1, 7, TRACE_READY, 0);
    tell(62, 1, 7, TRACE_STEP_END, FETCH);
    tell(62, 1, 7, TRACE_TASK_END, 0);
    expect_rows(rows, 2);
}

static void test_gil(void **state)
{
    static const char *const rows[] = {"works 30, gil 60, works 70, idle 100"};

    (void)state;
    begin_trace(100);
    tell(0, 0, 7, TRACE_TASK_BEGIN, 0);
    tell(30, TRACE_NO_TASK, 7, TRACE_DROP, 0);
    tell(30, TRACE_NO_TASK, 7, TRACE_WANT, 0);
    tell(60, TRACE_NO_TASK, 7, TRACE_TAKE, 0);
    tell(70, 0, 7, TRACE_TASK_END, 0);
    // Of nobody: its thread has no task any more.
    tell(80, TRACE_NO_TASK, 7, TRACE_WANT, 0);
    expect_rows(rows, 1);
}

static void test_cores(void **state)
{
    static const char *const rows[] = {
        "works 10, core 20, works 30, blocked 40, works 45, waits 50, works 52, waits 60, "
        "works 65, core 75, works 80, idle 100"};

    (void)state;
    begin_trace(100);
    tell(0, 0, 7, TRACE_TASK_BEGIN, COMPUTE);
    tell(45, 0, 7, TRACE_STEP_BEGIN, FETCH);
    tell(60, 0, 7, TRACE_STEP_END, FETCH);
    tell(65, 0, 7, TRACE_STEP_BEGIN, SLEEP)->due_ns = START_NS + 65;
    tell(80, 0, 7, TRACE_STEP_END, SLEEP);
    tell(80, 0, 7, TRACE_TASK_END, 0);
    turn(10, 7, false, true);
    turn(20, 7, true, false);
    turn(30, 7, false, false);
    turn(40, 7, true, false);
    turn(45, 7, false, false);
    turn(50, 7, true, false);
    turn(52, 7, false, false);
    turn(60, 7, true, false);
    turn(65, 7, false, false);
    turn(75, 7, true, false);
    expect_rows(rows, 1);
}

// A task that has not ended when the run has goes on; a loop that blocks is ready for a core, not for itself.
static void test_ends(void **state)
{
    static const char *const rows[] = {"works 10, waits 30, core 100", "idle 5, works 6, lock 100"};

    (void)state;
    begin_trace(100);
    tell(0, 0, 7, TRACE_TASK_BEGIN, 0);
    tell(5, 1, 7, TRACE_TASK_BEGIN, 0);
    tell(6, 1, 7, TRACE_STEP_BEGIN, LOCK);
    tell(10, 0, 7, TRACE_STEP_BEGIN, BLOCK)->due_ns = START_NS + 30;
    expect_rows(rows, 2);
}

static void test_pool(void **state)
{
    static const char *const rows[] = {"works 5, pool 20, works 40, loop 50, works 60, idle 100",
                                       "works 5, pool 20, waits 30, loop 50, works 60, idle 100"};

    (void)state;
    begin_trace(100);
    for (uint32_t task = 0; task < 2; task++)
        tell(0, task, 7, TRACE_TASK_BEGIN, 0);
    tell(5, 0, 7, TRACE_STEP_BEGIN, COMPUTE);
    tell(5, 1, 7, TRACE_STEP_BEGIN, BLOCK)->due_ns = START_NS + 30;
    tell(20, 0, 8, TRACE_ELSEWHERE, COMPUTE);
    tell(20, 1, 9, TRACE_ELSEWHERE, BLOCK);
    tell(30, 1, 9, TRACE_READY, BLOCK);
    tell(40, 0, 8, TRACE_READY, COMPUTE);
    tell(50, 0, 7, TRACE_STEP_END, COMPUTE);
    tell(50, 1, 7, TRACE_STEP_END, BLOCK);
    tell(60, 0, 7, TRACE_TASK_END, 0);
    tell(60, 1, 7, TRACE_TASK_END, 0);
    expect_rows(rows, 2);
}

static void test_lanes(void **state)
{
    struct timeline tasks, lanes;

    (void)state;
    begin_trace(100);
    tell(10, 0, 7, TRACE_TASK_BEGIN, 0);
    tell(20, 0, 7, TRACE_TASK_END, 0);
    tell(40, 1, 7, TRACE_TASK_BEGIN, 0)->lane = 0;
    tell(60, 1, 7, TRACE_TASK_END, 0)->lane = 0;
    assert_int_equal(timeline_make(&trace, &steps, &tasks), 0);
    assert_int_equal(timeline_by_lane(&tasks, 2, &lanes), 0);
    assert_int_equal(lanes.row_count, 2);
    assert_string_equal(told(&lanes, 0), "idle 10, works 20, idle 40, works 60, idle 100");
    assert_string_equal(told(&lanes, 1), "idle 100");
    timeline_release(&lanes);
    timeline_release(&tasks);
}

static int by_time(const void *a, const void *b)
{
    const struct trace_event *x = a, *y = b;

    return (x->at_ns > y->at_ns) - (x->at_ns < y->at_ns);
}

static int by_switch_time(const void *a, const void *b)
{
    const struct trace_switch *x = a, *y = b;

    return (x->at_ns > y->at_ns) - (x->at_ns < y->at_ns);
}

#define LENGTH 400

// Events that need not make sense, but that times ascend.
static void draw_trace(struct rng *rng)
{
    size_t n = rng_next(rng) % 120, m = rng_next(rng) % 3 == 0 ? 0 : rng_next(rng) % 80;

    begin_trace(rng_next(rng) % 20 == 0 ? 0 : LENGTH);
    for (size_t i = 0; i < n; i++) {
        uint64_t at = rng_next(rng) % (LENGTH + 40);
        uint32_t task = rng_next(rng) % 6 == 0 ? TRACE_NO_TASK : (uint32_t)(rng_next(rng) % 3);
        struct trace_event *event = tell(at, task, 7 + (uint32_t)(rng_next(rng) % 2),
                                         (enum trace_what)(1 + rng_next(rng) % (TRACE_WHAT_COUNT - 1)),
                                         (int)(rng_next(rng) % (KINDS + 1)));

        event->at_ns -= 20;
        event->child = (uint16_t)(rng_next(rng) % 5 == 0 ? 1 : 0);
        event->lane = (uint32_t)(rng_next(rng) % 20 == 0 ? UINT32_MAX : rng_next(rng) % 3);
        event->due_ns = event->what == TRACE_STEP_BEGIN && rng_next(rng) % 2 == 0 ? event->at_ns + rng_next(rng) % 60
                                                                                  : 0;
    }
    for (size_t i = 0; i < m; i++)
        turn(rng_next(rng) % LENGTH, 7 + (uint32_t)(rng_next(rng) % 2), rng_next(rng) % 2, rng_next(rng) % 2);
    qsort(events, trace.event_count, sizeof *events, by_time);
    qsort(switches, trace.switch_count, sizeof *switches, by_switch_time);
}

// Whose an event is, by those before it on its thread.
static uint64_t owner_of(size_t i)
{
    if (events[i].task != TRACE_NO_TASK)
        return (uint64_t)events[i].task << 16 | events[i].child;
    for (size_t j = i; j-- > 0;) {
        if (events[j].thread != events[i].thread || events[j].task == TRACE_NO_TASK || events[j].what == TRACE_READY)
            continue;
        return events[j].what == TRACE_TASK_END ? UINT64_MAX : (uint64_t)events[j].task << 16 | events[j].child;
    }
    return UINT64_MAX;
}

static bool is_shared(uint32_t thread)
{
    int open = 0;

    for (size_t i = 0; i < trace.event_count; i++) {
        if (events[i].thread != thread)
            continue;
        if (events[i].what == TRACE_READY)
            return true;
        if (events[i].child == 0 && events[i].what == TRACE_TASK_BEGIN && ++open > 1)
            return true;
        if (events[i].child == 0 && events[i].what == TRACE_TASK_END && open > 0)
            open--;
    }
    return false;
}

static enum timeline_state of_core(uint32_t thread, uint64_t at_ns, enum timeline_state on,
                                   enum timeline_state preempted, enum timeline_state left)
{
    enum timeline_state state = on;

    for (size_t i = 0; i < trace.switch_count; i++)
        if (switches[i].thread == thread && switches[i].at_ns <= at_ns)
            state = switches[i].in ? on : switches[i].preempted ? preempted : left;
    return state;
}

static bool has_switches(uint32_t thread)
{
    for (size_t i = 0; i < trace.switch_count; i++)
        if (switches[i].thread == thread)
            return true;
    return false;
}

static enum timeline_state ready_state(enum timeline_nature nature, bool seen, uint32_t thread, uint64_t at_ns)
{
    if (seen || (nature != TIMELINE_NATURE_BLOCK && is_shared(thread)))
        return TIMELINE_READY_LOOP;
    if (!has_switches(thread))
        return TIMELINE_READY_CORE;
    return of_core(thread, at_ns, TIMELINE_WORKS, TIMELINE_READY_CORE, TIMELINE_READY_CORE);
}

static bool is_next(size_t i, uint64_t key, enum trace_what what)
{
    for (i++; i < trace.event_count; i++)
        if (owner_of(i) == key)
            return events[i].what == what;
    return false;
}

// The state of a row from that time on, by all events until then.
static enum timeline_state state_at(uint64_t key, uint64_t at_ns)
{
    bool begun = false, wants = false, seen = false, pooled = false;
    enum timeline_nature nature = TIMELINE_NATURE_WORK;
    uint64_t due = UINT64_MAX;
    uint32_t thread = 0;

    for (size_t i = 0; i < trace.event_count && events[i].at_ns <= at_ns; i++) {
        if (owner_of(i) != key)
            continue;
        thread = events[i].thread;
        switch (events[i].what) {
        case TRACE_TASK_BEGIN:
            begun = true;
            break;
        case TRACE_TASK_END:
            begun = wants = seen = pooled = false;
            nature = TIMELINE_NATURE_WORK;
            break;
        case TRACE_STEP_BEGIN:
            nature = events[i].step < KINDS ? kinds[events[i].step].nature : TIMELINE_NATURE_WORK;
            due = events[i].due_ns != 0 ? events[i].due_ns : UINT64_MAX;
            seen = false;
            pooled = is_next(i, key, TRACE_ELSEWHERE);
            break;
        case TRACE_ELSEWHERE:
            pooled = false;
            break;
        case TRACE_STEP_END:
            seen = pooled = false;
            nature = TIMELINE_NATURE_WORK;
            break;
        case TRACE_READY:
            due = events[i].at_ns < due ? events[i].at_ns : due;
            seen = true;
            break;
        default:
            wants = events[i].what == TRACE_WANT;
        }
    }
    if (!begun)
        return TIMELINE_IDLE;
    if (wants)
        return TIMELINE_READY_GIL;
    if (pooled)
        return TIMELINE_READY_POOL;
    if (nature == TIMELINE_NATURE_WORK && seen)
        return TIMELINE_READY_LOOP;
    if (nature == TIMELINE_NATURE_WORK)
        return of_core(thread, at_ns, TIMELINE_WORKS, TIMELINE_READY_CORE, TIMELINE_BLOCKED);
    if (nature == TIMELINE_NATURE_YIELD || due <= at_ns)
        return ready_state(nature, seen, thread, at_ns);
    if (nature == TIMELINE_NATURE_CLIENT && !is_shared(thread))
        return of_core(thread, at_ns, TIMELINE_WORKS, TIMELINE_READY_CORE, TIMELINE_WAITS);
    return nature == TIMELINE_NATURE_LOCK ? TIMELINE_WAITS_LOCK : TIMELINE_WAITS;
}

static const struct timeline_interval *interval_at(const struct timeline *timeline, const struct timeline_row *row,
                                                   uint64_t at)
{
    for (size_t i = row->first; i < row->first + row->count; i++)
        if (timeline->intervals[i].begin_ns <= at && at < timeline->intervals[i].end_ns)
            return &timeline->intervals[i];
    fail_msg("nothing at %llu", (unsigned long long)at);
    return NULL;
}

// Rows are tiled exactly, and their totals are what their intervals add up to.
static void check_tiles(const struct timeline *timeline)
{
    size_t seen = 0;

    for (size_t r = 0; r < timeline->row_count; r++) {
        const struct timeline_row *row = &timeline->rows[r];
        uint64_t at = 0, totals[TIMELINE_STATES] = {0}, sum = 0;

        assert_int_equal(row->first, seen);
        for (size_t i = row->first; i < row->first + row->count; i++) {
            const struct timeline_interval *interval = &timeline->intervals[i];

            assert_int_equal(interval->begin_ns, at);
            assert_true(interval->end_ns > at);
            at = interval->end_ns;
            totals[interval->state] += interval->end_ns - interval->begin_ns;
        }
        assert_int_equal(at, timeline->length_ns);
        for (int state = 0; state < TIMELINE_STATES; state++) {
            assert_int_equal(totals[state], row->total_ns[state]);
            sum += row->total_ns[state];
        }
        assert_int_equal(sum, timeline->length_ns);
        seen += row->count;
    }
    assert_int_equal(seen, timeline->interval_count);
}

static void check_states(const struct timeline *timeline)
{
    for (size_t r = 0; r < timeline->row_count; r++) {
        const struct timeline_row *row = &timeline->rows[r];

        for (uint64_t at = 0; at < timeline->length_ns; at++)
            assert_int_equal(interval_at(timeline, row, at)->state,
                             state_at((uint64_t)row->number << 16 | row->child, trace.begin_ns + at));
    }
}

static int rank(unsigned state)
{
    static const int ranks[TIMELINE_STATES] = {0, 8, 1, 2, 3, 7, 6, 5, 4};

    return ranks[state];
}

// A lane is the foremost of what its tasks are.
static void check_lanes(const struct timeline *timeline, const struct timeline *lanes)
{
    for (size_t r = 0; r < lanes->row_count; r++) {
        const struct timeline_row *lane = &lanes->rows[r];

        assert_true(r == 0 || lane->number > lanes->rows[r - 1].number);
        for (uint64_t at = 0; at < lanes->length_ns; at++) {
            unsigned best = TIMELINE_IDLE;

            for (size_t t = 0; t < timeline->row_count; t++) {
                const struct timeline_interval *interval = interval_at(timeline, &timeline->rows[t], at);

                if (interval->lane == lane->number && rank(interval->state) > rank(best))
                    best = interval->state;
            }
            assert_int_equal(interval_at(lanes, lane, at)->state, best);
        }
    }
}

static void test_random(void **state)
{
    struct rng rng = {.state = 1};

    (void)state;
    for (int i = 0; i < 150; i++) {
        struct timeline timeline, lanes;

        draw_trace(&rng);
        assert_int_equal(timeline_make(&trace, &steps, &timeline), 0);
        check_tiles(&timeline);
        check_states(&timeline);
        assert_int_equal(timeline_by_lane(&timeline, 2, &lanes), 0);
        assert_true(lanes.row_count >= 2);
        check_tiles(&lanes);
        check_lanes(&timeline, &lanes);
        timeline_release(&lanes);
        timeline_release(&timeline);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thread_of_its_own),
        cmocka_unit_test(test_loop),
        cmocka_unit_test(test_gil),
        cmocka_unit_test(test_cores),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_pool),
        cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

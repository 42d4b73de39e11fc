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
#include "reports/findings/timeline_say.h"

enum { COMPUTE, SLEEP, FETCH, BLOCK, LOCK, YIELD, KINDS };

static const struct timeline_step kinds[KINDS] = {
    [COMPUTE] = {"compute", TIMELINE_NATURE_WORK}, [SLEEP] = {"sleep", TIMELINE_NATURE_WAIT},
    [FETCH] = {"fetch", TIMELINE_NATURE_CLIENT},   [BLOCK] = {"block", TIMELINE_NATURE_BLOCK},
    [LOCK] = {"lock", TIMELINE_NATURE_LOCK},       [YIELD] = {"yield", TIMELINE_NATURE_YIELD},
};
static const struct timeline_steps steps = {kinds, KINDS};

// The other table: one kind alone.
enum { CALLED };

static const struct timeline_step function[] = {[CALLED] = {"call", TIMELINE_NATURE_CALL}};
static const struct timeline_steps functions = {function, 1};

#define START_NS 1000000
#define MOST 4096

static struct trace_event events[MOST];
static struct trace_switch switches[MOST];
static struct trace trace;
static const uint64_t *arrivals; // as timeline_make() gets them

static void begin_trace(uint64_t length_ns)
{
    trace = (struct trace){.events = events,
                           .switches = switches,
                           .begin_ns = START_NS,
                           .end_ns = START_NS + length_ns,
                           .tasks = 2,
                           .lanes = 2};
    arrivals = NULL;
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
                                                       "gil",  "loop",  "pool",  "core", "queued"};
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

static void expect_rows_of(const struct timeline_steps *table, const char *const *expected, size_t n)
{
    struct timeline timeline;

    assert_int_equal(timeline_make(&trace, table, arrivals, &timeline), 0);
    assert_int_equal(timeline.row_count, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(told(&timeline, i), expected[i]);
    timeline_release(&timeline);
}

static void expect_rows(const char *const *expected, size_t n)
{
    expect_rows_of(&steps, expected, n);
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

// What a function awaits nobody tells: once another task goes on on its thread, it is not at work.
static void test_called(void **state)
{
    static const char *const rows[] = {"works 10, waits 60, idle 100",
                                       "idle 10, works 20, blocked 50, works 60, waits 80, idle 100"};
    static const char *const alone[] = {"works 20, blocked 50, works 60, idle 100"};

    (void)state;
    begin_trace(100);
    tell(0, 0, 7, TRACE_TASK_BEGIN, 0);
    tell(0, 0, 7, TRACE_STEP_BEGIN, CALLED);
    tell(10, 1, 7, TRACE_TASK_BEGIN, 0);
    tell(10, 1, 7, TRACE_STEP_BEGIN, CALLED);
    turn(20, 7, false, false);
    turn(50, 7, true, false);
    tell(60, 0, 7, TRACE_STEP_END, CALLED);
    tell(60, 0, 7, TRACE_TASK_END, 0);
    tell(80, 1, 7, TRACE_STEP_END, CALLED);
    tell(80, 1, 7, TRACE_TASK_END, 0);
    expect_rows_of(&functions, rows, 2);

    begin_trace(100);
    tell(0, 0, 7, TRACE_TASK_BEGIN, 0);
    tell(0, 0, 7, TRACE_STEP_BEGIN, CALLED);
    turn(20, 7, false, false);
    turn(50, 7, true, false);
    tell(60, 0, 7, TRACE_STEP_END, CALLED);
    tell(60, 0, 7, TRACE_TASK_END, 0);
    expect_rows_of(&functions, alone, 1);
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

static void test_queued(void **state)
{
    static const char *const rows[] = {"idle 20, queued 60, works 70, idle 100", "idle 60, works 80, idle 100"};
    static const uint64_t times[] = {START_NS + 20, START_NS + 60};

    (void)state;
    begin_trace(100);
    arrivals = times;
    tell(60, 0, 7, TRACE_TASK_BEGIN, 0);
    tell(60, 1, 8, TRACE_TASK_BEGIN, 0);
    tell(70, 0, 7, TRACE_TASK_END, 0);
    tell(80, 1, 8, TRACE_TASK_END, 0);
    expect_rows(rows, 2);
}

// Handed on at once, and given up to compute without it.
static void test_hand_over(void **state)
{
    static const char *const rows[] = {"works 10, gil 20, works 50, gil 60, works 70, idle 100"};

    (void)state;
    begin_trace(100);
    tell(0, 0, 7, TRACE_TASK_BEGIN, 0);
    tell(10, 0, 7, TRACE_DROP, 0);
    tell(20, 0, 7, TRACE_TAKE, 0);
    tell(30, 0, 7, TRACE_DROP, 0);
    tell(50, 0, 7, TRACE_WANT, 0)->cpu_ns = 5000000;
    tell(60, 0, 7, TRACE_TAKE, 0);
    tell(70, 0, 7, TRACE_TASK_END, 0);
    expect_rows(rows, 1);
}

static void test_cores(void **state)
{
    static const char *const rows[] = {
        "works 10, core 20, works 30, blocked 40, works 45, waits 50, works 52, waits 60, "
        "works 65, core 80, idle 100"};

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
    assert_int_equal(timeline_make(&trace, &steps, arrivals, &tasks), 0);
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
        event->cpu_ns = rng_next(rng) % 2 == 0 ? 150000 : 400000;
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

// Of a thread of which the kernel has told nothing it is not known when it was on a core.
static bool is_told_of(uint32_t thread)
{
    for (size_t i = 0; i < trace.switch_count; i++) {
        if (switches[i].thread == thread)
            return true;
    }
    return false;
}

static enum timeline_state ready_state(enum timeline_nature nature, bool seen, uint32_t thread)
{
    return seen || (nature != TIMELINE_NATURE_BLOCK && is_shared(thread)) ? TIMELINE_READY_LOOP : TIMELINE_READY_CORE;
}

// The row's next event; NULL: there is none.
static const struct trace_event *next_of(size_t i, uint64_t key)
{
    for (i++; i < trace.event_count; i++)
        if (owner_of(i) == key)
            return &events[i];
    return NULL;
}

static bool is_handed_on(size_t i, uint64_t key, enum timeline_nature nature)
{
    const struct trace_event *next = events[i].what == TRACE_DROP ? next_of(i, key) : NULL;

    return next != NULL && (next->what == TRACE_WANT || next->what == TRACE_TAKE) && nature == TIMELINE_NATURE_WORK &&
           next->cpu_ns - events[i].cpu_ns < 200000;
}

static bool is_next(size_t i, uint64_t key, enum trace_what what)
{
    const struct trace_event *next = next_of(i, key);

    return next != NULL && next->what == what;
}

// The state of a row from that time on, by all events until then.
static enum timeline_state state_at(uint64_t key, uint64_t at_ns)
{
    bool begun = false, queued = arrivals != NULL && (key & 0xffff) == 0 && key >> 16 < trace.tasks, wants = false,
         seen = false, pooled = false;
    enum timeline_nature nature = TIMELINE_NATURE_WORK;
    uint64_t due = UINT64_MAX;
    uint32_t thread = 0;

    for (size_t i = 0; i < trace.event_count && events[i].at_ns <= at_ns; i++) {
        if (owner_of(i) != key)
            continue;
        thread = events[i].thread;
        switch ((enum trace_what)events[i].what) {
        case TRACE_TASK_BEGIN:
            begun = true;
            queued = false;
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
            wants = events[i].what == TRACE_WANT || is_handed_on(i, key, nature);
        }
    }
    if (!begun)
        return queued && at_ns >= arrivals[key >> 16] ? TIMELINE_QUEUED : TIMELINE_IDLE;
    if (wants)
        return TIMELINE_READY_GIL;
    if (pooled)
        return TIMELINE_READY_POOL;
    if (nature == TIMELINE_NATURE_WORK && seen)
        return TIMELINE_READY_LOOP;
    if (nature == TIMELINE_NATURE_WORK)
        return of_core(thread, at_ns, TIMELINE_WORKS, TIMELINE_READY_CORE, TIMELINE_BLOCKED);
    if (nature == TIMELINE_NATURE_YIELD || due <= at_ns)
        return ready_state(nature, seen, thread);
    if (nature == TIMELINE_NATURE_CLIENT && !is_shared(thread) && is_told_of(thread))
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
    static const int ranks[TIMELINE_STATES] = {0, 8, 1, 2, 3, 7, 6, 5, 4, 0};

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

// The states of all rows at every moment, from the events alone: what sentences are held to.
static unsigned char states[8][LENGTH];
static size_t row_count;
static bool is_child[8];

static void read_states(const struct timeline *timeline)
{
    row_count = timeline->row_count;
    assert_true(row_count <= 8);
    for (size_t r = 0; r < row_count; r++) {
        is_child[r] = timeline->rows[r].child > 0;
        for (uint64_t at = 0; at < timeline->length_ns; at++)
            states[r][at] = (unsigned char)state_at((uint64_t)timeline->rows[r].number << 16 | timeline->rows[r].child,
                                                    trace.begin_ns + at);
    }
}

static void check_at_once(const struct timeline_facts *facts)
{
    uint64_t one = 0, two = 0, nobody = 0;
    unsigned most = 0, most_under_way = 0;

    for (uint64_t at = 0; at < facts->length_ns; at++) {
        unsigned works = 0, under_way = 0;

        for (size_t r = 0; r < row_count; r++) {
            works += states[r][at] == TIMELINE_WORKS;
            under_way += states[r][at] != TIMELINE_IDLE && states[r][at] != TIMELINE_QUEUED && !is_child[r];
        }
        one += works > 0;
        two += works > 1;
        nobody += works == 0 && under_way > 0;
        most = works > most ? works : most;
        most_under_way = under_way > most_under_way ? under_way : most_under_way;
    }
    assert_int_equal(facts->at_work_ns, one);
    assert_int_equal(facts->together_ns, two);
    assert_int_equal(facts->nobody_ns, nobody);
    assert_int_equal(facts->most_at_work, most);
    assert_int_equal(facts->most_under_way, most_under_way);
}

// What a row becomes when the work that goes on at that moment is over.
static unsigned after_work(size_t r, uint64_t at, uint64_t length)
{
    while (at < length && states[r][at] == TIMELINE_WORKS)
        at++;
    return at < length ? states[r][at] : TIMELINE_IDLE;
}

static void check_switches(const struct timeline_facts *facts)
{
    uint64_t turns = 0, switches_seen = 0, forced = 0, yielded = 0, begins[8 * LENGTH], busiest = 0;
    size_t last = 0;
    unsigned then = TIMELINE_IDLE;

    for (uint64_t at = 0; at < facts->length_ns; at++) {
        for (size_t r = 0; r < row_count; r++) {
            if (states[r][at] != TIMELINE_WORKS || (at > 0 && states[r][at - 1] == TIMELINE_WORKS))
                continue;
            begins[turns++] = at;
            if (turns > 1 && last != r) {
                switches_seen++;
                forced += then == TIMELINE_READY_CORE || then == TIMELINE_READY_GIL;
                yielded += then == TIMELINE_READY_LOOP;
            }
            last = r;
            then = after_work(r, at, facts->length_ns);
        }
    }
    for (uint64_t i = 0; i < turns; i++) {
        uint64_t n = 0;

        while (i + n < turns && begins[i + n] < begins[i] + timeline_close_ns(facts))
            n++;
        busiest = n > busiest ? n : busiest;
    }
    assert_int_equal(facts->turns, turns);
    assert_int_equal(facts->switches, switches_seen);
    assert_int_equal(facts->forced, forced);
    assert_int_equal(facts->yielded, yielded);
    assert_int_equal(facts->busiest_turns, busiest);
}

static void check_longest(const struct timeline_facts *facts)
{
    const struct timeline_wait *wait = &facts->longest;
    uint64_t longest = 0;

    for (size_t r = 0; r < row_count; r++) {
        uint64_t ready = 0;

        for (uint64_t at = 0; at < facts->length_ns; at++) {
            ready = timeline_is_ready(states[r][at]) ? ready + 1 : 0;
            longest = ready > longest ? ready : longest;
        }
    }
    assert_int_equal(wait->end_ns - wait->begin_ns, longest);
    if (wait->row == TIMELINE_NO_ROW)
        return;
    for (uint64_t at = wait->begin_ns; at < wait->end_ns; at++)
        assert_true(timeline_is_ready(states[wait->row][at]));
    for (size_t r = 0; r < row_count; r++) {
        uint64_t worked = 0;

        for (uint64_t at = wait->begin_ns; at < wait->end_ns; at++)
            worked += states[r][at] == TIMELINE_WORKS;
        assert_true(worked <= wait->other_ns);
        if (r == wait->other)
            assert_int_equal(worked, wait->other_ns);
    }
}

static void check_lock(const struct timeline_facts *facts)
{
    uint64_t hand_overs = 0, waited = 0;
    uint32_t holder = 0;

    for (size_t i = 0; i < trace.event_count; i++) {
        if (events[i].what != TRACE_TAKE)
            continue;
        hand_overs += holder != 0 && holder != events[i].thread;
        holder = events[i].thread;
    }
    for (size_t r = 0; r < row_count; r++)
        for (uint64_t at = 0; at < facts->length_ns; at++)
            waited += states[r][at] == TIMELINE_READY_GIL;
    assert_int_equal(facts->hand_overs, hand_overs);
    assert_int_equal(facts->total_ns[TIMELINE_READY_GIL], waited);
}

static void check_core_words(const struct timeline_facts *facts, const char *text)
{
    unsigned works = 0, ready = 0;
    char expected[200];
    bool told;

    for (size_t r = 0; r < row_count; r++) {
        for (uint64_t at = 0; at < facts->length_ns; at++) {
            works += states[r][at] == TIMELINE_WORKS;
            ready += states[r][at] == TIMELINE_READY_CORE;
        }
    }
    assert_int_equal(facts->total_ns[TIMELINE_WORKS], works);
    told = ready > works && ready >= facts->length_ns / 10;
    assert_int_equal(strstr(text, "tasks waited for a core") != NULL, told);
    if (ready >= 1000 || works >= 1000) // written as µs
        return;
    snprintf(expected, sizeof expected, "tasks waited for a core for %u ns together, longer than they worked (%u ns)",
             ready, works);
    assert_int_equal(strstr(text, expected) != NULL, told);
}

// Every sentence says what was counted, and no other is there.
static void check_words(const struct timeline_facts *facts, const struct timeline *timeline)
{
    static const char *const classes[] = {"short", "hog"};
    static const uint16_t class_of[] = {0, 1, 0};
    const struct timeline_names names = {classes, 2, class_of, 3};
    char *text = NULL, expected[200], ns[32] = "";
    size_t length;
    FILE *out = open_memstream(&text, &length);

    timeline_say(out, facts, &names, timeline);
    fclose(out);
    assert_int_equal(strstr(text, "one after the other: never two tasks under way at once") != NULL,
                     facts->most_under_way < 2 && facts->most_at_work < 2);
    assert_int_equal(strstr(text, "never two at work at once") != NULL,
                     facts->most_under_way > 1 && facts->most_at_work < 2);
    assert_int_equal(strstr(text, "parallel: two or more at work at once for") != NULL,
                     facts->together_ns > 0 && 100 * facts->together_ns >= facts->at_work_ns);
    assert_int_equal(strstr(text, "hardly parallel") != NULL,
                     facts->most_at_work > 1 && 100 * facts->together_ns < facts->at_work_ns);
    snprintf(expected, sizeof expected, ", at most %u\n", facts->most_at_work);
    assert_true(strstr(text, "parallel: two or") == NULL || strstr(text, expected) != NULL);
    snprintf(expected, sizeof expected, ", %u switch", (unsigned)facts->switches);
    assert_int_equal(strstr(text, expected) != NULL,
                     strstr(text, "never two at work at once") != NULL || strstr(text, "hardly") != NULL);
    assert_true(strstr(text, "only where a task waits") == NULL || facts->forced + facts->yielded == 0);
    snprintf(expected, sizeof expected, "another %u time", (unsigned)facts->hand_overs);
    assert_int_equal(strstr(text, expected) != NULL, facts->hand_overs > 0);
    check_core_words(facts, text);
    snprintf(ns, sizeof ns, "%u ns", (unsigned)(facts->longest.end_ns - facts->longest.begin_ns));
    assert_true(strstr(text, "the longest wait") == NULL || strstr(strstr(text, "the longest wait"), ns) != NULL);
    free(text);
}

static void check_facts(const struct timeline *timeline)
{
    struct timeline_facts facts;

    read_states(timeline);
    assert_int_equal(timeline_facts_find(&trace, timeline, &facts), 0);
    assert_int_equal(facts.length_ns, timeline->length_ns);
    check_at_once(&facts);
    check_switches(&facts);
    check_longest(&facts);
    check_lock(&facts);
    check_words(&facts, timeline);
}

static const char *said(const struct timeline_names *names)
{
    static char text[1024];
    struct timeline timeline;
    struct timeline_facts facts;
    FILE *out = fmemopen(text, sizeof text, "w");

    assert_int_equal(timeline_make(&trace, &steps, arrivals, &timeline), 0);
    assert_int_equal(timeline_facts_find(&trace, &timeline, &facts), 0);
    timeline_say(out, &facts, names, &timeline);
    fclose(out);
    timeline_release(&timeline);
    return text;
}

static void test_words(void **state)
{
    static const char *const classes[] = {"coffee", "sandwich"};
    static const uint16_t class_of[] = {0, 1};
    const struct timeline_names names = {classes, 2, class_of, 2};

    (void)state;
    begin_trace(1000000);
    tell(0, 0, 7, TRACE_TASK_BEGIN, 0);
    tell(0, 1, 7, TRACE_TASK_BEGIN, 0);
    tell(0, 1, 7, TRACE_STEP_BEGIN, SLEEP)->due_ns = START_NS + 300000;
    tell(800000, 0, 7, TRACE_TASK_END, 0);
    tell(800000, 1, 7, TRACE_STEP_END, SLEEP);
    tell(900000, 1, 7, TRACE_TASK_END, 0);
    assert_string_equal(
        said(&names), "concurrent, not parallel: never two at work at once, 1 switch, only where a task waits or ends\n"
                      "the longest wait for a turn: sandwich, 500 µs for its loop, while coffee worked for 500 µs\n");
    begin_trace(1000000);
    tell(0, 0, 7, TRACE_TASK_BEGIN, 0);
    tell(250000, 1, 8, TRACE_TASK_BEGIN, 0);
    tell(500000, 0, 7, TRACE_TASK_END, 0);
    tell(800000, 1, 8, TRACE_TASK_END, 0);
    assert_string_equal(said(&names), "parallel: two or more at work at once for 25 % of the time, at most 2\n");
    begin_trace(1000000);
    tell(0, 0, 7, TRACE_TASK_BEGIN, 0);
    tell(100000, 0, 7, TRACE_STEP_BEGIN, SLEEP)->due_ns = START_NS + 500000;
    tell(500000, 0, 7, TRACE_STEP_END, SLEEP);
    tell(500000, 0, 7, TRACE_TASK_END, 0);
    assert_string_equal(said(&names),
                        "one after the other: never two tasks under way at once; for 400 µs a task was under "
                        "way and none at work\n");
}

static void test_random(void **state)
{
    struct rng rng = {.state = 1};

    (void)state;
    for (int i = 0; i < 200; i++) {
        struct timeline timeline, lanes;
        uint64_t random[] = {START_NS + rng_next(&rng) % LENGTH, START_NS + rng_next(&rng) % LENGTH};

        draw_trace(&rng);
        arrivals = i % 2 == 0 ? random : NULL;
        assert_int_equal(timeline_make(&trace, &steps, arrivals, &timeline), 0);
        check_tiles(&timeline);
        check_states(&timeline);
        check_facts(&timeline);
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
        cmocka_unit_test(test_called),
        cmocka_unit_test(test_gil),
        cmocka_unit_test(test_hand_over),
        cmocka_unit_test(test_queued),
        cmocka_unit_test(test_cores),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_pool),
        cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

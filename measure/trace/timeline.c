// SPDX-License-Identifier: MIT
#include "measure/trace/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/trace/timeline_threads.h"

// CPU time that giving up a lock takes, and being told to, at most.
#define HANDING_ON_NS 200000

// An event as one of its row's.
struct mark {
    uint32_t task;
    uint16_t child;
    const struct trace_event *event;
};

// A row under way.
struct walk {
    const struct trace *trace;
    const struct timeline_steps *steps;
    const uint64_t *arrivals_ns;
    struct timeline_threads *threads;
    struct timeline *timeline;
    struct timeline_interval next; // begins where the last one ended
    const struct timeline_thread *thread;
    const struct trace_event *last; // of the row; NULL: none yet
    bool begun, wants;              // the lock
    bool queued;                    // once it has arrived
    uint64_t arrival_ns;            // where that is known
    uint64_t due_ns;                // what the step waits for is there; UINT64_MAX: not known
    bool seen;                      // what it waited for, by the loop
    bool pooled;                    // no thread of the pool has begun the step yet
    enum timeline_nature nature;
};

// What a thread is in, by where it is.
struct on_core {
    enum timeline_state on, preempted, left;
};

static int by_row_and_place(const void *a, const void *b)
{
    const struct mark *x = a, *y = b;

    if (x->task != y->task)
        return x->task > y->task ? 1 : -1;
    if (x->child != y->child)
        return x->child > y->child ? 1 : -1;
    return (x->event > y->event) - (x->event < y->event);
}

// Since the run phase began, within it.
static uint64_t in_run(const struct trace *trace, uint64_t at_ns)
{
    if (at_ns <= trace->begin_ns || trace->end_ns <= trace->begin_ns)
        return 0;
    return (at_ns < trace->end_ns ? at_ns : trace->end_ns) - trace->begin_ns;
}

static int until(struct walk *walk, uint64_t at_ns, enum timeline_state state)
{
    uint64_t end_ns = in_run(walk->trace, at_ns);
    int err;

    if (end_ns <= walk->next.begin_ns)
        return 0;
    walk->next.end_ns = end_ns;
    walk->next.state = (uint8_t)state;
    err = timeline_add(walk->timeline, &walk->next);
    walk->next.begin_ns = end_ns;
    return err;
}

static int by_core(struct walk *walk, uint64_t end_ns, struct on_core states)
{
    int err = 0;

    while (err == 0 && walk->next.begin_ns < in_run(walk->trace, end_ns)) {
        struct timeline_core core = timeline_threads_core(walk->thread, walk->trace->begin_ns + walk->next.begin_ns);
        enum timeline_state state = core.on ? states.on : core.preempted ? states.preempted : states.left;

        err = until(walk, core.until_ns < end_ns ? core.until_ns : end_ns, state);
    }
    return err;
}

static bool knows_cores(const struct walk *walk)
{
    return walk->thread != NULL && walk->thread->switch_count > 0;
}

// What it waited for is there, and it does not go on yet: also while it wakes up.
static int be_ready(struct walk *walk, uint64_t end_ns)
{
    bool by_loop = walk->seen || (walk->nature != TIMELINE_NATURE_BLOCK && walk->thread->shared);

    return until(walk, end_ns, by_loop ? TIMELINE_READY_LOOP : TIMELINE_READY_CORE);
}

static int wait(struct walk *walk, uint64_t end_ns, enum timeline_state state)
{
    uint64_t waits_ns = walk->due_ns < end_ns ? walk->due_ns : end_ns;
    bool client = walk->nature == TIMELINE_NATURE_CLIENT && !walk->thread->shared && knows_cores(walk);
    int err = client ? by_core(walk, waits_ns, (struct on_core){TIMELINE_WORKS, TIMELINE_READY_CORE, state})
                     : until(walk, waits_ns, state);

    return err == 0 && walk->due_ns < end_ns ? be_ready(walk, end_ns) : err;
}

// It has not begun, or has ended.
static int be_away(struct walk *walk, uint64_t end_ns)
{
    int err = walk->queued && walk->arrival_ns < end_ns ? until(walk, walk->arrival_ns, TIMELINE_IDLE) : 0;

    if (err == 0)
        err = until(walk, end_ns, walk->queued && walk->arrival_ns < end_ns ? TIMELINE_QUEUED : TIMELINE_IDLE);
    return err;
}

// When another row goes on on the thread that the row was on last, if before that time: both cannot be at work.
static uint64_t turn_end_ns(const struct walk *walk, uint64_t end_ns)
{
    const struct trace_event *event = walk->last + 1, *events_end = walk->trace->events + walk->trace->event_count;

    for (; event < events_end && event->at_ns < end_ns; event++) {
        bool same = event->task == walk->last->task && event->child == walk->last->child;

        if (event->thread == walk->last->thread && !same && event->task != TRACE_NO_TASK && event->what != TRACE_READY)
            return event->at_ns;
    }
    return end_ns;
}

static int call(struct walk *walk, uint64_t end_ns)
{
    struct on_core states = {TIMELINE_WORKS, TIMELINE_READY_CORE, TIMELINE_BLOCKED};
    int err = by_core(walk, walk->thread->shared ? turn_end_ns(walk, end_ns) : end_ns, states);

    return err == 0 ? until(walk, end_ns, TIMELINE_WAITS) : err;
}

// From the last event of the row to one at that time.
static int go_on(struct walk *walk, uint64_t end_ns)
{
    if (!walk->begun)
        return be_away(walk, end_ns);
    if (walk->wants)
        return until(walk, end_ns, TIMELINE_READY_GIL);
    if (walk->pooled)
        return until(walk, end_ns, TIMELINE_READY_POOL);
    switch (walk->nature) {
    case TIMELINE_NATURE_WAIT:
    case TIMELINE_NATURE_CLIENT:
    case TIMELINE_NATURE_BLOCK:
        return wait(walk, end_ns, TIMELINE_WAITS);
    case TIMELINE_NATURE_LOCK:
        return wait(walk, end_ns, TIMELINE_WAITS_LOCK);
    case TIMELINE_NATURE_YIELD:
        return be_ready(walk, end_ns);
    default:
        if (walk->seen)
            return until(walk, end_ns, TIMELINE_READY_LOOP);
        if (walk->nature == TIMELINE_NATURE_CALL)
            return call(walk, end_ns);
        return by_core(walk, end_ns, (struct on_core){TIMELINE_WORKS, TIMELINE_READY_CORE, TIMELINE_BLOCKED});
    }
}

static enum timeline_nature nature_of(const struct walk *walk, uint8_t step)
{
    return step < walk->steps->count ? walk->steps->items[step].nature : TIMELINE_NATURE_WORK;
}

static void begin_step(struct walk *walk, const struct trace_event *event, bool pooled)
{
    walk->pooled = pooled;
    walk->nature = nature_of(walk, event->step);
    walk->next.step = event->step;
    walk->due_ns = event->due_ns != 0 ? event->due_ns : UINT64_MAX;
    walk->seen = false;
}

static void end_step(struct walk *walk)
{
    walk->seen = walk->pooled = false;
    walk->nature = TIMELINE_NATURE_WORK;
    walk->next.step = TIMELINE_NO_STEP;
}

// Whether it gives up the lock to take it again, and does nothing between, as at a switch interval; with "nogil" it computes.
static bool hands_on(const struct walk *walk, const struct trace_event *event, const struct trace_event *next)
{
    bool again = next != NULL && (next->what == TRACE_WANT || next->what == TRACE_TAKE);

    return event->what == TRACE_DROP && again && walk->nature == TIMELINE_NATURE_WORK &&
           next->cpu_ns - event->cpu_ns < HANDING_ON_NS;
}

// `next`: the row's next event; NULL: there is none.
static void take_event(struct walk *walk, const struct trace_event *event, const struct trace_event *next)
{
    uint8_t what = event->what; // clang has no switch over what is atomic

    switch (what) {
    case TRACE_TASK_BEGIN:
        walk->begun = true;
        walk->queued = false;
        break;
    case TRACE_TASK_END:
        walk->begun = walk->wants = false;
        end_step(walk);
        break;
    case TRACE_STEP_BEGIN:
        begin_step(walk, event, next != NULL && next->what == TRACE_ELSEWHERE);
        break;
    case TRACE_STEP_END:
        end_step(walk);
        break;
    case TRACE_READY:
        if (event->at_ns < walk->due_ns)
            walk->due_ns = event->at_ns;
        walk->seen = true;
        break;
    case TRACE_ELSEWHERE:
        walk->pooled = false;
        break;
    case TRACE_WANT:
        walk->wants = true;
        break;
    default:
        walk->wants = hands_on(walk, event, next);
    }
}

static int walk_row(struct walk *walk, const struct mark *marks, size_t n)
{
    int err = timeline_add_row(walk->timeline, marks->task, marks->child);

    walk->next = (struct timeline_interval){
        .task = marks->task, .child = marks->child, .lane = marks->event->lane, .step = TIMELINE_NO_STEP};
    walk->nature = TIMELINE_NATURE_WORK;
    walk->queued = walk->arrivals_ns != NULL && marks->child == 0 && marks->task < walk->trace->tasks;
    walk->arrival_ns = walk->queued ? walk->arrivals_ns[marks->task] : 0;
    walk->begun = walk->wants = walk->seen = walk->pooled = false;
    walk->due_ns = UINT64_MAX;
    for (size_t i = 0; err == 0 && i < n; i++) {
        const struct trace_event *event = marks[i].event;

        err = go_on(walk, event->at_ns);
        take_event(walk, event, i + 1 < n ? marks[i + 1].event : NULL);
        walk->next.lane = event->lane;
        walk->next.thread = event->thread;
        walk->last = event;
        walk->thread = timeline_threads_find(walk->threads, event->thread);
    }
    return err == 0 ? go_on(walk, walk->trace->end_ns) : err;
}

// Those of each row together, rows in their order.
static struct mark *sort_events(const struct trace *trace, struct timeline_threads *threads, size_t *ret_n)
{
    struct mark *marks = calloc(trace->event_count + 1, sizeof *marks);
    size_t n = 0;

    for (size_t i = 0; marks != NULL && i < trace->event_count; i++) {
        marks[n].event = &trace->events[i];
        if (timeline_threads_owner(threads, marks[n].event, &marks[n].task, &marks[n].child))
            n++;
    }
    if (marks != NULL)
        qsort(marks, n, sizeof *marks, by_row_and_place);
    *ret_n = n;
    return marks;
}

int timeline_make(const struct trace *trace, const struct timeline_steps *steps, const uint64_t *arrivals_ns,
                  struct timeline *ret_timeline)
{
    struct timeline_threads threads;
    struct walk walk = {
        .trace = trace, .steps = steps, .arrivals_ns = arrivals_ns, .threads = &threads, .timeline = ret_timeline};
    struct mark *marks = NULL;
    size_t count = 0, n;
    int err = timeline_threads_make(trace, &threads);

    *ret_timeline = (struct timeline){.length_ns = in_run(trace, trace->end_ns)};
    if (err == 0 && (marks = sort_events(trace, &threads, &count)) == NULL)
        err = -ENOMEM;
    for (size_t i = 0; err == 0 && i < count; i += n) {
        n = 1;
        while (i + n < count && marks[i + n].task == marks[i].task && marks[i + n].child == marks[i].child)
            n++;
        err = walk_row(&walk, &marks[i], n);
    }
    free(marks);
    timeline_threads_release(&threads);
    return err;
}

// Room for one more of an array of `n`, which doubles.
static void *grown(void *items, size_t n, size_t size)
{
    bool full = n == 0 || (n >= 16 && (n & (n - 1)) == 0);

    return full ? realloc(items, (n == 0 ? 16 : 2 * n) * size) : items;
}

int timeline_add_row(struct timeline *timeline, uint32_t number, uint16_t child)
{
    struct timeline_row *rows = grown(timeline->rows, timeline->row_count, sizeof *rows);

    if (rows == NULL)
        return -ENOMEM;
    timeline->rows = rows;
    rows[timeline->row_count++] = (struct timeline_row){
        .number = number, .child = child, .first = timeline->interval_count};
    return 0;
}

static bool alike(const struct timeline_interval *a, const struct timeline_interval *b)
{
    return a->state == b->state && a->step == b->step && a->task == b->task && a->child == b->child &&
           a->lane == b->lane && a->thread == b->thread;
}

int timeline_add(struct timeline *timeline, const struct timeline_interval *interval)
{
    struct timeline_row *row = &timeline->rows[timeline->row_count - 1];
    struct timeline_interval *intervals;

    row->total_ns[interval->state] += interval->end_ns - interval->begin_ns;
    if (row->count > 0 && alike(&timeline->intervals[timeline->interval_count - 1], interval)) {
        timeline->intervals[timeline->interval_count - 1].end_ns = interval->end_ns;
        return 0;
    }
    intervals = grown(timeline->intervals, timeline->interval_count, sizeof *intervals);
    if (intervals == NULL)
        return -ENOMEM;
    timeline->intervals = intervals;
    intervals[timeline->interval_count++] = *interval;
    row->count++;
    return 0;
}

void timeline_release(struct timeline *timeline)
{
    free(timeline->intervals);
    free(timeline->rows);
    *timeline = (struct timeline){.length_ns = 0};
}

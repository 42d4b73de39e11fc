// SPDX-License-Identifier: MIT
#include "reports/findings/timeline_facts.h"

#include <errno.h>
#include <stdlib.h>

// Of the whole, what is looked at closely.
#define CLOSE_PARTS 20

// Where an interval begins or ends.
struct edge {
    uint64_t at_ns;
    bool ends, works, task; // task: and not a child
};

// A row's work without a break.
struct work {
    uint64_t begin_ns, end_ns;
    size_t row;
    enum timeline_state then;
};

static int by_time(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;

    if (x->at_ns != y->at_ns)
        return x->at_ns > y->at_ns ? 1 : -1;
    return (int)y->ends - (int)x->ends;
}

static int by_begin(const void *a, const void *b)
{
    const struct work *x = a, *y = b;

    if (x->begin_ns != y->begin_ns)
        return x->begin_ns > y->begin_ns ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

static size_t find_edges(const struct timeline *tasks, struct edge *edges)
{
    size_t n = 0;

    for (size_t i = 0; i < tasks->interval_count; i++) {
        const struct timeline_interval *interval = &tasks->intervals[i];
        struct edge edge = {interval->begin_ns, false, interval->state == TIMELINE_WORKS, interval->child == 0};

        if (interval->state == TIMELINE_IDLE || interval->state == TIMELINE_QUEUED)
            continue;
        edges[n++] = edge;
        edge.at_ns = interval->end_ns;
        edge.ends = true;
        edges[n++] = edge;
    }
    qsort(edges, n, sizeof *edges, by_time);
    return n;
}

// How many were at work at once, and for how long.
static int count_at_once(const struct timeline *tasks, struct timeline_facts *facts)
{
    struct edge *edges = calloc(2 * tasks->interval_count + 1, sizeof *edges);
    size_t n = edges != NULL ? find_edges(tasks, edges) : 0;
    uint32_t works = 0, under_way = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t ns = i > 0 ? edges[i].at_ns - edges[i - 1].at_ns : 0;

        facts->at_work_ns += works > 0 ? ns : 0;
        facts->together_ns += works > 1 ? ns : 0;
        facts->nobody_ns += works == 0 && under_way > 0 ? ns : 0;
        works += !edges[i].works ? 0 : edges[i].ends ? UINT32_MAX : 1;
        under_way += !edges[i].task ? 0 : edges[i].ends ? UINT32_MAX : 1;
        facts->most_at_work = works > facts->most_at_work ? works : facts->most_at_work;
        facts->most_under_way = under_way > facts->most_under_way ? under_way : facts->most_under_way;
    }
    free(edges);
    return edges != NULL ? 0 : -ENOMEM;
}

static size_t find_works(const struct timeline *tasks, struct work *works)
{
    size_t n = 0;

    for (size_t r = 0; r < tasks->row_count; r++) {
        const struct timeline_interval *first = &tasks->intervals[tasks->rows[r].first];
        size_t count = tasks->rows[r].count;

        for (size_t i = 0; i < count; i++) {
            bool goes_on = i > 0 && first[i - 1].state == TIMELINE_WORKS;

            if (first[i].state != TIMELINE_WORKS)
                continue;
            if (!goes_on)
                works[n++] = (struct work){.begin_ns = first[i].begin_ns, .row = r};
            works[n - 1].end_ns = first[i].end_ns;
            works[n - 1].then = i + 1 < count ? (enum timeline_state)first[i + 1].state : TIMELINE_IDLE;
        }
    }
    qsort(works, n, sizeof *works, by_begin);
    return n;
}

// The most turns that begin within the time that is looked at closely.
static void find_busiest(const struct work *works, size_t n, struct timeline_facts *facts)
{
    uint64_t close_ns = timeline_close_ns(facts);

    for (size_t first = 0, next = 0; first < n; first++) {
        while (next < n && works[next].begin_ns - works[first].begin_ns < close_ns)
            next++;
        if (next - first <= facts->busiest_turns)
            continue;
        facts->busiest_turns = next - first;
        facts->busiest_ns = works[first].begin_ns;
    }
}

static int count_switches(const struct timeline *tasks, struct timeline_facts *facts)
{
    struct work *works = calloc(tasks->interval_count + 1, sizeof *works);
    size_t n = works != NULL ? find_works(tasks, works) : 0;

    facts->turns = n;
    for (size_t i = 1; i < n; i++) {
        enum timeline_state then = works[i - 1].then;

        if (works[i].row == works[i - 1].row)
            continue;
        facts->switches++;
        facts->forced += then == TIMELINE_READY_GIL || then == TIMELINE_READY_CORE;
        facts->yielded += then == TIMELINE_READY_LOOP;
    }
    find_busiest(works, n, facts);
    free(works);
    return works != NULL ? 0 : -ENOMEM;
}

static void find_longest_of(const struct timeline *tasks, size_t r, struct timeline_wait *longest)
{
    const struct timeline_interval *first = &tasks->intervals[tasks->rows[r].first];
    size_t begin = 0;

    for (size_t i = 0; i < tasks->rows[r].count; i++) {
        if (!timeline_is_ready((enum timeline_state)first[i].state)) {
            begin = i + 1;
        } else if (first[i].end_ns - first[begin].begin_ns > longest->end_ns - longest->begin_ns) {
            *longest = (struct timeline_wait){.row = r,
                                              .other = TIMELINE_NO_ROW,
                                              .begin_ns = first[begin].begin_ns,
                                              .end_ns = first[i].end_ns,
                                              .state = (enum timeline_state)first[begin].state};
        }
    }
}

static uint64_t worked_within(const struct timeline *tasks, size_t r, const struct timeline_wait *wait)
{
    uint64_t sums_ns[TIMELINE_STATES] = {0};

    timeline_within(tasks, &tasks->rows[r], wait->begin_ns, wait->end_ns, sums_ns);
    return sums_ns[TIMELINE_WORKS];
}

static void find_longest(const struct timeline *tasks, struct timeline_wait *longest)
{
    *longest = (struct timeline_wait){.row = TIMELINE_NO_ROW, .other = TIMELINE_NO_ROW};
    for (size_t r = 0; r < tasks->row_count; r++)
        find_longest_of(tasks, r, longest);
    for (size_t r = 0; longest->row != TIMELINE_NO_ROW && r < tasks->row_count; r++) {
        uint64_t ns = r != longest->row ? worked_within(tasks, r, longest) : 0;

        if (ns <= longest->other_ns)
            continue;
        longest->other = r;
        longest->other_ns = ns;
    }
}

static void count_hand_overs(const struct trace *trace, struct timeline_facts *facts)
{
    const struct trace_event *last = NULL;

    for (size_t i = 0; i < trace->event_count; i++) {
        if (trace->events[i].what != TRACE_TAKE)
            continue;
        facts->hand_overs += last != NULL && last->thread != trace->events[i].thread;
        last = &trace->events[i];
    }
}

int timeline_facts_find(const struct trace *trace, const struct timeline *tasks, struct timeline_facts *ret_facts)
{
    int err;

    *ret_facts = (struct timeline_facts){.length_ns = tasks->length_ns};
    for (size_t r = 0; r < tasks->row_count; r++) {
        ret_facts->tasks += tasks->rows[r].child == 0;
        for (int state = 0; state < TIMELINE_STATES; state++)
            ret_facts->total_ns[state] += tasks->rows[r].total_ns[state];
    }
    err = count_at_once(tasks, ret_facts);
    if (err == 0)
        err = count_switches(tasks, ret_facts);
    find_longest(tasks, &ret_facts->longest);
    count_hand_overs(trace, ret_facts);
    return err;
}

uint64_t timeline_close_ns(const struct timeline_facts *facts)
{
    return facts->length_ns / CLOSE_PARTS > 0 ? facts->length_ns / CLOSE_PARTS : 1;
}

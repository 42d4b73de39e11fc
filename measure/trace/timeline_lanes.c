// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>

#include "measure/trace/timeline.h"

// Where an interval begins or ends.
struct edge {
    uint64_t at_ns;
    const struct timeline_interval *interval;
    bool ends;
};

// Of each state those that were under way, the last begun on top; what has ended is taken off when it comes to be on top.
struct stacks {
    const struct timeline_interval **items[TIMELINE_STATES];
    size_t counts[TIMELINE_STATES];
};

// What a lane is, where its tasks are several things.
static const enum timeline_state order[] = {TIMELINE_WORKS,      TIMELINE_READY_GIL,  TIMELINE_READY_LOOP,
                                            TIMELINE_READY_POOL, TIMELINE_READY_CORE, TIMELINE_BLOCKED,
                                            TIMELINE_WAITS_LOCK, TIMELINE_WAITS};

static int by_lane_and_time(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;

    if (x->interval->lane != y->interval->lane)
        return x->interval->lane > y->interval->lane ? 1 : -1;
    if (x->at_ns != y->at_ns)
        return x->at_ns > y->at_ns ? 1 : -1;
    if (x->ends != y->ends)
        return x->ends ? -1 : 1;
    return (x->interval > y->interval) - (x->interval < y->interval);
}

static struct edge *find_edges(const struct timeline *tasks, size_t *ret_n)
{
    struct edge *edges = calloc(2 * tasks->interval_count + 1, sizeof *edges);
    size_t n = 0;

    for (size_t i = 0; edges != NULL && i < tasks->interval_count; i++) {
        const struct timeline_interval *interval = &tasks->intervals[i];

        if (interval->state == TIMELINE_IDLE || interval->state == TIMELINE_QUEUED)
            continue;
        edges[n++] = (struct edge){interval->begin_ns, interval, false};
        edges[n++] = (struct edge){interval->end_ns, interval, true};
    }
    if (edges != NULL)
        qsort(edges, n, sizeof *edges, by_lane_and_time);
    *ret_n = n;
    return edges;
}

static int open_stacks(struct stacks *stacks, size_t room)
{
    *stacks = (struct stacks){.counts = {0}};
    for (int state = 0; state < TIMELINE_STATES; state++) {
        stacks->items[state] = calloc(room + 1, sizeof *stacks->items[state]);
        if (stacks->items[state] == NULL)
            return -ENOMEM;
    }
    return 0;
}

static void close_stacks(struct stacks *stacks)
{
    for (int state = 0; state < TIMELINE_STATES; state++)
        free(stacks->items[state]);
}

// What the lane is from that time on; NULL: idle.
static const struct timeline_interval *foremost(struct stacks *stacks, uint64_t at_ns)
{
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        size_t *count = &stacks->counts[order[i]];

        while (*count > 0 && stacks->items[order[i]][*count - 1]->end_ns <= at_ns)
            --*count;
        if (*count > 0)
            return stacks->items[order[i]][*count - 1];
    }
    return NULL;
}

static int add(struct timeline *lanes, uint32_t lane, uint64_t begin_ns, uint64_t end_ns,
               const struct timeline_interval *of)
{
    struct timeline_interval interval = {.task = TRACE_NO_TASK, .step = TIMELINE_NO_STEP, .state = TIMELINE_IDLE};

    if (end_ns <= begin_ns)
        return 0;
    if (of != NULL)
        interval = *of;
    interval.lane = lane;
    interval.begin_ns = begin_ns;
    interval.end_ns = end_ns;
    return timeline_add(lanes, &interval);
}

static int add_lane(struct timeline *lanes, uint32_t lane, const struct edge *edges, size_t n, struct stacks *stacks)
{
    uint64_t begin_ns = 0;
    int err = timeline_add_row(lanes, lane, 0);

    for (size_t i = 0; err == 0 && i < n; i++) {
        const struct timeline_interval *interval = edges[i].interval;

        err = add(lanes, lane, begin_ns, edges[i].at_ns, foremost(stacks, begin_ns));
        begin_ns = edges[i].at_ns;
        if (!edges[i].ends)
            stacks->items[interval->state][stacks->counts[interval->state]++] = interval;
    }
    if (err == 0)
        err = add(lanes, lane, begin_ns, lanes->length_ns, foremost(stacks, begin_ns));
    for (int state = 0; state < TIMELINE_STATES; state++)
        stacks->counts[state] = 0;
    return err;
}

// The lanes that were asked for, those without an event too, and further ones that children were given.
static int add_lanes(struct timeline *timeline, uint32_t lanes, const struct edge *edges, size_t count,
                     struct stacks *stacks)
{
    uint64_t lane = 0; // there may be one of the highest number
    int err = 0;

    for (size_t i = 0, n; err == 0 && (i < count || lane < lanes); i += n) {
        bool has = i < count && (lane >= lanes || edges[i].interval->lane == lane);

        n = 0;
        if (has)
            lane = edges[i].interval->lane;
        while (has && i + n < count && edges[i + n].interval->lane == lane)
            n++;
        err = add_lane(timeline, (uint32_t)lane++, &edges[i], n, stacks);
    }
    return err;
}

int timeline_by_lane(const struct timeline *tasks, uint32_t lanes, struct timeline *ret_timeline)
{
    struct stacks stacks;
    size_t count = 0;
    struct edge *edges = find_edges(tasks, &count);
    int err = open_stacks(&stacks, tasks->interval_count);

    *ret_timeline = (struct timeline){.length_ns = tasks->length_ns, .by_lane = true};
    if (edges == NULL)
        err = -ENOMEM;
    if (err == 0)
        err = add_lanes(ret_timeline, lanes, edges, count, &stacks);
    close_stacks(&stacks);
    free(edges);
    return err;
}

// SPDX-License-Identifier: MIT
#include "measure/trace/trace_order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct place {
    uint64_t key;
    size_t index;
};

static int compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

int trace_sort(struct trace_event **events, size_t count)
{
    struct place *places = malloc((count + 1) * sizeof *places);
    struct trace_event *sorted = malloc((count + 1) * sizeof *sorted);

    if (places == NULL || sorted == NULL) {
        free(places);
        free(sorted);
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++)
        places[i] = (struct place){.key = (*events)[i].at_ns, .index = i};
    qsort(places, count, sizeof *places, compare);
    for (size_t i = 0; i < count; i++)
        memcpy(&sorted[i], &(*events)[places[i].index], sizeof *sorted);
    free(places);
    free(*events);
    *events = sorted;
    return 0;
}

// What a task, or a child, is in.
enum state { OUTSIDE, BETWEEN, IN_STEP };

struct walker {
    enum state state;
    uint8_t step;
};

// NULL, and it is in its next state; or what it cannot do now.
static const char *next_state(struct walker *walker, const struct trace_event *event)
{
    static const struct {
        bool from[3]; // by state
        enum state to;
        const char *otherwise;
    } moves[TRACE_WHAT_COUNT] = {
        [TRACE_TASK_BEGIN] = {{true, false, false}, BETWEEN, "begins twice"},
        [TRACE_TASK_END] = {{false, true, false}, OUTSIDE, "ends without having begun, or in a step"},
        [TRACE_STEP_BEGIN] = {{false, true, false}, IN_STEP, "begins a step outside of the task, or in another step"},
        [TRACE_STEP_END] = {{false, false, true}, BETWEEN, "ends a step that it has not begun"},
        [TRACE_READY] = {{false, false, true}, IN_STEP, "is ready for no step"},
        [TRACE_ELSEWHERE] = {{false, false, true}, IN_STEP, "is served by another thread in no step"},
    };
    uint8_t what = event->what;

    // One that was killed has left no end.
    if (what == TRACE_TASK_BEGIN && event->child > 0)
        walker->state = OUTSIDE;
    if (!moves[what].from[walker->state])
        return moves[what].otherwise;
    if (walker->state == IN_STEP && event->step != walker->step)
        return "goes on with another step than it has begun";
    walker->state = moves[what].to;
    walker->step = event->step;
    return NULL;
}

static uint64_t walker_key(const struct trace_event *event)
{
    return (uint64_t)event->task << 16 | event->child;
}

static bool is_walked(const struct trace_event *event)
{
    return event->what != TRACE_WANT && event->what != TRACE_TAKE && event->what != TRACE_DROP;
}

static const char *check_walkers(const struct trace_event *events, const struct place *places, size_t count,
                                 const struct trace_event **ret_event)
{
    struct walker walker = {.state = OUTSIDE};

    for (size_t i = 0; i < count; i++) {
        const char *why;

        if (i > 0 && places[i].key != places[i - 1].key)
            walker.state = OUTSIDE;
        *ret_event = &events[places[i].index];
        why = next_state(&walker, *ret_event);
        if (why != NULL)
            return why;
    }
    return NULL;
}

int trace_check_nesting(const struct trace_event *events, size_t count, const struct trace_event **ret_event,
                        const char **ret_why)
{
    struct place *places = malloc((count + 1) * sizeof *places);
    size_t walked = 0;

    if (places == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (is_walked(&events[i]))
            places[walked++] = (struct place){.key = walker_key(&events[i]), .index = i};
    }
    qsort(places, walked, sizeof *places, compare);
    *ret_why = check_walkers(events, places, walked, ret_event);
    free(places);
    return *ret_why == NULL ? 0 : -EINVAL;
}

// SPDX-License-Identifier: MIT
#include "measure/trace/timeline_threads.h"

#include <errno.h>
#include <stdlib.h>

static int by_thread(const void *a, const void *b)
{
    const struct timeline_thread *x = a, *y = b;

    return (x->thread > y->thread) - (x->thread < y->thread);
}

static int by_thread_and_place(const void *a, const void *b)
{
    const struct trace_switch *x = *(const struct trace_switch *const *)a, *y = *(const struct trace_switch *const *)b;

    if (x->thread != y->thread)
        return x->thread > y->thread ? 1 : -1;
    return (x > y) - (x < y); // as they are in the trace, whose times ascend
}

struct timeline_thread *timeline_threads_find(const struct timeline_threads *threads, uint32_t thread)
{
    struct timeline_thread key = {.thread = thread};

    return threads->count == 0 ? NULL
                               : bsearch(&key, threads->items, threads->count, sizeof *threads->items, by_thread);
}

// Each thread that has an event, once.
static int find_threads(const struct trace *trace, struct timeline_threads *threads)
{
    size_t kept = 0;

    threads->items = calloc(trace->event_count + 1, sizeof *threads->items);
    if (threads->items == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < trace->event_count; i++)
        if (i == 0 || trace->events[i].thread != trace->events[i - 1].thread)
            threads->items[threads->count++].thread = trace->events[i].thread;
    qsort(threads->items, threads->count, sizeof *threads->items, by_thread);
    for (size_t i = 0; i < threads->count; i++)
        if (kept == 0 || threads->items[i].thread != threads->items[kept - 1].thread)
            threads->items[kept++] = threads->items[i];
    threads->count = kept;
    for (size_t i = 0; i < kept; i++)
        threads->items[i].task = TRACE_NO_TASK;
    return 0;
}

static int share_switches_out(const struct trace *trace, struct timeline_threads *threads)
{
    threads->switches = calloc(trace->switch_count + 1, sizeof(struct trace_switch *));
    if (threads->switches == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < trace->switch_count; i++)
        threads->switches[i] = &trace->switches[i];
    qsort(threads->switches, trace->switch_count, sizeof(struct trace_switch *), by_thread_and_place);
    for (size_t i = 0; i < trace->switch_count; i++) {
        struct timeline_thread *thread = timeline_threads_find(threads, threads->switches[i]->thread);

        if (thread != NULL && thread->switch_count++ == 0)
            thread->switches = &threads->switches[i];
    }
    return 0;
}

bool timeline_threads_owner(struct timeline_threads *threads, const struct trace_event *event, uint32_t *ret_task,
                            uint16_t *ret_child)
{
    struct timeline_thread *thread = timeline_threads_find(threads, event->thread);

    *ret_task = event->task;
    *ret_child = event->child;
    if (event->task == TRACE_NO_TASK) {
        *ret_task = thread->task;
        *ret_child = thread->child;
    } else if (event->what == TRACE_TASK_END) {
        thread->task = TRACE_NO_TASK;
    } else if (event->what != TRACE_READY) { // which a loop sees while another's turn may be
        thread->task = event->task;
        thread->child = event->child;
    }
    return *ret_task != TRACE_NO_TASK;
}

// A thread is a loop's where one says so, and where two tasks are under way on it.
static void find_shared(const struct trace *trace, struct timeline_threads *threads)
{
    for (size_t i = 0; i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];
        struct timeline_thread *thread = timeline_threads_find(threads, event->thread);

        if (event->what == TRACE_TASK_BEGIN && event->child == 0)
            thread->open++;
        else if (event->what == TRACE_TASK_END && event->child == 0 && thread->open > 0)
            thread->open--;
        thread->shared |= thread->open > 1 || event->what == TRACE_READY;
    }
}

int timeline_threads_make(const struct trace *trace, struct timeline_threads *ret_threads)
{
    int err;

    *ret_threads = (struct timeline_threads){.count = 0};
    err = find_threads(trace, ret_threads);
    if (err == 0)
        err = share_switches_out(trace, ret_threads);
    if (err == 0)
        find_shared(trace, ret_threads);
    return err;
}

void timeline_threads_release(struct timeline_threads *threads)
{
    free(threads->items);
    free(threads->switches);
    *threads = (struct timeline_threads){.count = 0};
}

// How many of its switches were at that time, or before.
static size_t switches_until(const struct timeline_thread *thread, uint64_t at_ns)
{
    size_t low = 0, high = thread->switch_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (thread->switches[middle]->at_ns <= at_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct timeline_core timeline_threads_core(const struct timeline_thread *thread, uint64_t at_ns)
{
    size_t n = thread != NULL ? switches_until(thread, at_ns) : 0;
    // Before the first: it was there already, and what it did then was on a core.
    struct timeline_core core = {.on = true, .until_ns = UINT64_MAX};

    if (n > 0) {
        core.on = thread->switches[n - 1]->in;
        core.preempted = thread->switches[n - 1]->preempted;
    }
    if (thread != NULL && n < thread->switch_count)
        core.until_ns = thread->switches[n]->at_ns;
    return core;
}

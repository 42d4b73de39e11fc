// SPDX-License-Identifier: MIT
// The threads of a trace: which of them are of several tasks, and when they were on a core.
#pragma once

#include "measure/trace/trace.h"

struct timeline_thread {
    uint32_t thread;
    bool shared;                          // tasks take turns on it: a loop's
    const struct trace_switch **switches; // ascending
    size_t switch_count;
    // While events are gone through: tasks that have begun and not ended on it, and whose turn it is.
    uint32_t open, task;
    uint16_t child;
};

struct timeline_threads {
    struct timeline_thread *items; // ascending by thread
    size_t count;
    const struct trace_switch **switches; // by thread
};

// 0 or -ENOMEM; to be released in either case.
int timeline_threads_make(const struct trace *trace, struct timeline_threads *ret_threads);
void timeline_threads_release(struct timeline_threads *threads);

// That of an event; NULL: it has none.
struct timeline_thread *timeline_threads_find(const struct timeline_threads *threads, uint32_t thread);

// Whose an event is: its own, or where it has none that of the task whose turn it is on its thread. Events are to be asked about in
// their order. False: it is nobody's.
bool timeline_threads_owner(struct timeline_threads *threads, const struct trace_event *event, uint32_t *ret_task,
                            uint16_t *ret_child);

// What a thread was at a time, and until when.
struct timeline_core {
    bool on, preempted;
    uint64_t until_ns; // CLOCK_MONOTONIC; UINT64_MAX: to the end
};
struct timeline_core timeline_threads_core(const struct timeline_thread *thread, uint64_t at_ns);

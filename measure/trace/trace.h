// SPDX-License-Identifier: MIT
// The untimed account of one trial, step by step: what its tasks did (written by the trial itself into memory reserved
// beforehand) and which of its threads were on a core (from the kernel). docs/trial-protocol.md has the bytes.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_MAGIC "ccbtrace"
#define TRACE_VERSION 1
// Of events that belong to no task.
#define TRACE_NO_TASK UINT32_MAX
// Of a child that has no number since its task has too many at once: nothing of it is told.
#define TRACE_NO_NUMBER UINT16_MAX

enum trace_what {
    TRACE_UNUSED, // nothing has been written here
    TRACE_TASK_BEGIN,
    TRACE_TASK_END,
    TRACE_STEP_BEGIN,
    TRACE_STEP_END,  // of one that waits under a loop: the task runs again
    TRACE_READY,     // what the task waited for is there, but it does not run yet
    TRACE_ELSEWHERE, // another thread, that of the event, begins the step for the task; TRACE_READY once it has done it
    TRACE_WANT,      // an interpreter's lock: asked for, and not to be had at once
    TRACE_TAKE,      // had
    TRACE_DROP,      // given up
    TRACE_WHAT_COUNT
};

struct trace_event {
    uint64_t at_ns;       // CLOCK_MONOTONIC
    uint64_t cpu_ns;      // CPU time of the thread so far (CLOCK_THREAD_CPUTIME_ID); 0: not known
    uint64_t due_ns;      // TRACE_STEP_BEGIN of a sleep or a block: when it is over at the earliest; else 0
    uint32_t task;        // index of its slot, or TRACE_NO_TASK
    uint32_t thread;      // as the kernel numbers it (gettid)
    uint32_t lane;        // 0 … lanes - 1
    uint16_t child;       // 0: the task's own; else of its child of that number, from 1 on
    uint8_t step;         // enum step_kind, of steps
    _Atomic uint8_t what; // enum trace_what; written last
};

// At the start of descriptor 5, and behind it so many events.
struct trace_header {
    char magic[8];
    uint32_t version;
    uint32_t capacity;
    _Atomic uint64_t next;    // claimed by adding to it
    _Atomic uint64_t dropped; // found no room
    uint64_t reserved[4];
};

_Static_assert(sizeof(struct trace_event) == 40, "as docs/trial-protocol.md has it");
_Static_assert(sizeof(struct trace_header) == 64, "as docs/trial-protocol.md has it");

// Bytes of so many events with their header.
static inline size_t trace_bytes(uint32_t capacity)
{
    return sizeof(struct trace_header) + capacity * sizeof(struct trace_event);
}

// The events behind a header.
static inline struct trace_event *trace_events(struct trace_header *header)
{
    return (struct trace_event *)(header + 1);
}

// A thread came onto a core or left it, as the kernel has it (PERF_RECORD_SWITCH, perf_event_open(2)).
struct trace_switch {
    uint64_t at_ns;
    uint32_t thread;
    uint16_t cpu;
    bool in;
    bool preempted; // it left although it could have gone on
};

// A trial's, as the supervisor has it when the trial has ended. Pointers are the trace's own.
struct trace {
    struct trace_event *events; // ascending at_ns; none is TRACE_UNUSED
    size_t event_count;
    uint64_t dropped;              // events that found no room
    struct trace_switch *switches; // ascending at_ns
    size_t switch_count;
    uint64_t switches_lost;    // records that found no room (PERF_RECORD_LOST)
    const char *no_switches;   // a literal: why there are none, such as "perf_event_paranoid is 3"; NULL: there are
    uint64_t begin_ns, end_ns; // of the run phase
    uint32_t tasks, lanes;
};

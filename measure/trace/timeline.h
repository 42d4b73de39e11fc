// SPDX-License-Identifier: MIT
// What a trace says of its tasks, or of its lanes: a row for each, tiled by intervals of one state. Whatever the events are, the
// intervals of a row follow each other without gap or overlap, from the begin of the run phase to its end.
//
//   arrival … TASK_BEGIN    queued, where tasks arrive at times of their own
//   TASK_BEGIN … TASK_END   works, unless a step says otherwise
//   a step that works       works while its thread is on a core; by the kernel's records else ready (it was preempted) or
//                           blocked (it left by itself). Without these records: works
//   a function of a user's  the same; where the thread is that of several tasks only until another of these goes on there, for it
//                           awaits something: from then on it waits
//   a step that waits       waits until it is due, or READY; from then on it is ready: for its loop where the thread is that of
//                           several tasks, else for a core
//   a step that another thread carries out for the task is ready, for a thread of the pool, until that thread begins it; then it is
//                           what that thread is until READY, and then ready for its loop
//   WANT … TAKE             ready: waits for an interpreter's lock, whatever the step; also from a DROP on, where it takes it again
//                           without having computed between
#pragma once

#include "measure/trace/trace.h"

enum timeline_state {
    TIMELINE_IDLE, // a task: not begun, or done; a lane: has none
    TIMELINE_WORKS,
    TIMELINE_WAITS,
    TIMELINE_WAITS_LOCK,
    TIMELINE_BLOCKED, // its thread left its core by itself, in a step that works
    TIMELINE_READY_GIL,
    TIMELINE_READY_LOOP,
    TIMELINE_READY_POOL,
    TIMELINE_READY_CORE,
    TIMELINE_QUEUED, // has arrived, and has not begun
    TIMELINE_STATES
};

static inline bool timeline_is_ready(enum timeline_state state)
{
    return state >= TIMELINE_READY_GIL;
}

// What a kind of step is, as far as its states go.
enum timeline_nature {
    TIMELINE_NATURE_WORK,
    TIMELINE_NATURE_WAIT,   // under a loop others go on
    TIMELINE_NATURE_CLIENT, // the same, but a thread of its own works where it is on a core
    TIMELINE_NATURE_BLOCK,  // blocks its thread, a loop's too
    TIMELINE_NATURE_LOCK,
    TIMELINE_NATURE_YIELD,
    TIMELINE_NATURE_CALL, // works, but what is awaited in it under a loop is told by nobody: until another has its turn
};

// By kind of step, as the trace numbers them.
struct timeline_step {
    const char *word; // "compute"
    enum timeline_nature nature;
};
struct timeline_steps {
    const struct timeline_step *items;
    size_t count; // kinds above are taken for work
};

#define TIMELINE_NO_STEP UINT8_MAX // between two steps

struct timeline_interval {
    uint64_t begin_ns, end_ns;   // since the run phase began; begin before end
    uint32_t task, lane, thread; // TRACE_NO_TASK: a lane has none
    uint16_t child;
    uint8_t step;  // TIMELINE_NO_STEP: none
    uint8_t state; // enum timeline_state
};

struct timeline_row {
    uint32_t number;     // of the task or the lane
    uint16_t child;      // of that task; 0: itself
    size_t first, count; // of its intervals
    uint64_t total_ns[TIMELINE_STATES];
};

struct timeline {
    struct timeline_interval *intervals; // row by row, ascending
    size_t interval_count;
    struct timeline_row *rows; // ascending number and child
    size_t row_count;
    uint64_t length_ns; // of the run phase
    bool by_lane;
};

// Rows by task, its children below it; a task without events has none. `arrivals_ns`, by task, CLOCK_MONOTONIC, where they arrive at
// times of their own; else NULL. 0 or -ENOMEM; to be released in either case.
int timeline_make(const struct trace *trace, const struct timeline_steps *steps, const uint64_t *arrivals_ns,
                  struct timeline *ret_timeline);

// The same intervals by the lane that carried them; what several of one lane are at the same time, the first of: works, ready,
// blocked, waits for a lock, waits. Lanes without a task have rows, too. 0 or -ENOMEM, likewise.
int timeline_by_lane(const struct timeline *tasks, uint32_t lanes, struct timeline *ret_timeline);

// Adds to each state how long the row was in it from `begin_ns` on until `end_ns`.
void timeline_within(const struct timeline *timeline, const struct timeline_row *row, uint64_t begin_ns,
                     uint64_t end_ns, uint64_t sums_ns[TIMELINE_STATES]);

void timeline_release(struct timeline *timeline);

// For those that make one: adds to the last row what follows its last interval, up to `end_ns`; nothing where that is not
// later. 0 or -ENOMEM.
int timeline_add(struct timeline *timeline, const struct timeline_interval *interval);
int timeline_add_row(struct timeline *timeline, uint32_t number, uint16_t child);

// SPDX-License-Identifier: MIT
// The trial's side of a trace (measure/trace/trace.h): what a lane's task does is stamped into memory that was reserved
// beforehand. In any other trial there is none, and nobody asks: a lane's steps are another table of functions (lane_use_steps()),
// and a task's begin and end look at a flag that memory trials have as well (trial_begin()).
#pragma once

#include "measure/trace/trace.h"
#include "workloads/program/program.h"

struct slot;
struct trial;

// Whose events they are.
struct trace_lane {
    uint32_t task;
    uint32_t lane;
    uint16_t child;
    bool in_step;    // a step has begun and not ended: one that waits under a loop ends with whatever comes next
    uint8_t step;    // its kind
    bool unborn;     // of a child that has a name and has not begun
    uint64_t yields; // of a yield under way where each is a step of its own, still to come
};

// Those of lanes that have no place for one, in whose order they are: tasks' lanes, of which the first is the trial's lane `first`,
// and children's. To be freed; NULL when out of memory.
struct trace_lane *trace_lanes_new(uint32_t first, uint32_t count, uint32_t children);

// Finds the memory at the descriptor and has all of it there. NULL: there is none, or it is no trace's.
struct trace_header *trace_map(int fd);
void trace_unmap(struct trace_header *header); // accepts NULL

// What happens now, in this thread.
void trace_note(const struct trial *trial, const struct trace_lane *lane, enum trace_what what);

// A task begins in the lane, and ends, with a step that is still under way. Its moments are those of its slot.
void trace_begin_task(const struct trial *trial, struct trace_lane *lane, const struct slot *slot);
void trace_end_task(const struct trial *trial, struct trace_lane *lane, const struct slot *slot);

// The same for a child; before, the lane is named: as that of the child of that index which `parent` gathers by `step`. Its number
// is of no other child of the task that is there at the same time, and the same under every model.
void trace_name_child(struct trace_lane *lane, const struct trace_lane *parent, const struct step *step,
                      uint32_t index);
void trace_begin_child(const struct trial *trial, struct trace_lane *lane);
void trace_end_child(const struct trial *trial, struct trace_lane *lane);

void trace_begin_step(const struct trial *trial, struct trace_lane *lane, const struct step *step);
// Of the step under way; nothing where there is none.
void trace_end_step(const struct trial *trial, struct trace_lane *lane);
void trace_ready(const struct trial *trial, const struct trace_lane *lane);

// SPDX-License-Identifier: MIT
// The one walk through a program that every model with a stack shares: sequential, threads, gil, processes and green run this
// same compiled function, over different tables of step functions.
#pragma once

#include "models/carry/lane.h"
#include "models/carry/stack/fiber.h"

// The fiber of a lane that parks: it lies behind the lane, so that neither needs to know where the other is.
static inline struct fiber *lane_fiber(struct lane *lane)
{
    return (struct fiber *)(void *)(lane + 1);
}

// The table of the lane's steps, without stamps.
static inline step_function *const *lane_steps(const struct lane *lane)
{
    return lane->trial->trace != NULL ? lane->extra->traced : lane->steps;
}

// Gives the lane its steps; in a traced trial, with stamps. The lane's trial, index and extra are set.
void lane_use_steps(struct lane *lane, step_function *const *steps);

// Walks the program in the lane; 0 or the status of the step that failed.
int walk(struct lane *lane, const struct program *program);

// Gives up what a task that failed half-way still holds.
void lane_give_up(struct lane *lane);

static inline void lane_settle(struct lane *lane)
{
    if (__builtin_expect(lane->locked || lane->file_locked, 0))
        lane_give_up(lane);
}

// The slot's task begins and ends, with its stamps: what is walked between them is begin's. In every model a part of its caller: they
// are most of what an empty task costs.
static inline __attribute__((always_inline)) const struct program *lane_begin_task(struct lane *lane, struct slot *slot)
{
    lane->check = 0;
    if (trial_begin(lane->trial, slot, lane->free_ns))
        trace_begin_task(lane->trial, &lane->extra->trace, slot);
    return trial_program(lane->trial, slot);
}

static inline __attribute__((always_inline)) void lane_end_task(struct lane *lane, struct slot *slot, int status)
{
    uint64_t end_ns;

    lane_settle(lane);
    if (trial_end(lane->trial, slot, status, lane->check, &end_ns))
        trace_end_task(lane->trial, &lane->extra->trace, slot);
    lane->free_ns = end_ns;
}

// Walks the slot's task with its stamps.
static inline __attribute__((always_inline)) void lane_run_task(struct lane *lane, struct slot *slot)
{
    lane_end_task(lane, slot, walk(lane, lane_begin_task(lane, slot)));
}

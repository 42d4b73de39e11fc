// SPDX-License-Identifier: MIT
// The one walk through a program that every model with a stack shares: sequential, threads, gil, processes and green run this
// same compiled function, over different tables of step functions.
#pragma once

#include "models/carry/lane.h"

// Walks the program in the lane; 0 or the status of the step that failed.
int walk(struct lane *lane, const struct program *program);

// Gives up what a task that failed half-way still holds.
static inline void lane_settle(struct lane *lane)
{
    if (__builtin_expect(lane->locked, 0))
        lane->steps[STEP_UNLOCK](lane, NULL);
    if (__builtin_expect(lane->file_locked, 0))
        lane->steps[STEP_UNLOCK_FILE](lane, &(struct step){.kind = STEP_UNLOCK_FILE});
}

// Walks the slot's task with its stamps.
static inline void lane_run_task(struct lane *lane, struct slot *slot)
{
    int status;

    lane->check = 0;
    trial_begin(lane->trial, slot, lane->claim.free_ns);
    status = walk(lane, trial_program(lane->trial, slot));
    lane_settle(lane);
    lane->claim.free_ns = trial_end(lane->trial, slot, status, lane->check);
}

// SPDX-License-Identifier: MIT
// A lane with a stack, and the one walk through a program that every model with a stack shares: sequential, threads,
// gil, processes and green run this same compiled function, over different tables of step functions.
#ifndef CCBENCH_MODELS_LANE_H
#define CCBENCH_MODELS_LANE_H

#include "models/trial.h"

struct lane;
struct fiber;
struct http_get;

// Carries out one step and returns 0 or the status that ends the task, or LANE_PARK: the step has been started and the
// lane's fiber must be switched away from until it is complete.
typedef int step_function(struct lane *lane, const struct step *step);
#define LANE_PARK (-1)

struct lane {
    step_function *const *steps; // by step kind
    struct trial *trial;
    struct fiber *fiber;         // green: where to park; else NULL
    struct http_get *get;        // the lane's connection; NULL unless tasks fetch
    uint32_t check;              // of the task under way
    uint32_t index;              // 0 … lanes - 1
    struct slot *slot;           // of the task under way, where the model keeps it here
    struct claim claim;
    void *own;                   // the model's
} __attribute__((aligned(CACHE_LINE)));

// Walks the program in the lane; 0 or the status of the step that failed.
int walk(struct lane *lane, const struct program *program);

// Walks the slot's task with its stamps.
static inline void lane_run_task(struct lane *lane, struct slot *slot)
{
    int status;

    lane->check = 0;
    trial_begin(lane->trial, slot, lane->claim.free_ns);
    status = walk(lane, trial_program(lane->trial, slot));
    lane->claim.free_ns = trial_end(lane->trial, slot, status, lane->check);
}

// Claims and runs tasks until none is left.
void lane_run_all(struct lane *lane);

// Step functions that block the calling thread.
extern step_function *const blocking_steps[STEP_KIND_COUNT];

// Initialises a lane whose steps block; makes its connection where tasks fetch. 0 or -errno (trial_fail called).
int lane_open_blocking(struct lane *lane, struct trial *trial, uint32_t index);
void lane_close_blocking(struct lane *lane);

// An array of `count` zeroed lanes, aligned; NULL when out of memory; free() frees it.
struct lane *lanes_new(uint32_t count);

#endif

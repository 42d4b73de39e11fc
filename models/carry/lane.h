// SPDX-License-Identifier: MIT
// A lane with a stack, and the one walk through a program that every model with a stack shares: sequential, threads,
// gil, processes and green run this same compiled function, over different tables of step functions.
#ifndef CCBENCH_MODELS_LANE_H
#define CCBENCH_MODELS_LANE_H

#include "models/carry/trial.h"

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
    uint64_t loaded;             // by load, for store
    bool locked;                 // holds the shared lock
    char *read_buffer, *reply;   // read_most and payload_most bytes; NULL unless tasks read, or reply
    uint64_t read_offset;        // of the next read in the file
    struct claim claim;
    void *own;                   // the model's
} __attribute__((aligned(CACHE_LINE)));

// Walks the program in the lane; 0 or the status of the step that failed.
int walk(struct lane *lane, const struct program *program);

// Where the next read of so many bytes starts: lanes begin at different places and go round.
uint64_t lane_next_offset(const struct trial *trial, uint64_t *offset, uint64_t bytes);

// Gives up what a task that failed half-way still holds.
static inline void lane_settle(struct lane *lane)
{
    if (__builtin_expect(lane->locked, 0))
        lane->steps[STEP_UNLOCK](lane, NULL);
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

// Claims and runs tasks until none is left; in an open loop, each when it has arrived.
void lane_run_all(struct lane *lane);

// Step functions that block the calling thread.
extern step_function *const blocking_steps[STEP_KIND_COUNT];

// Those that are the same for a lane that must not block: load, store, add, take, reply.
int lane_load(struct lane *lane, const struct step *step);
int lane_store(struct lane *lane, const struct step *step);
int lane_add(struct lane *lane, const struct step *step);
int lane_take(struct lane *lane, const struct step *step);
int lane_reply(struct lane *lane, const struct step *step);

// The lane's buffers, for whatever the mix needs of them; a reply that is there already is taken over. 0 or -errno
// (trial_fail called); close in any case.
int lane_open_buffers(struct lane *lane, struct trial *trial);
void lane_close_buffers(struct lane *lane);

// Initialises a lane whose steps block; makes its connection where tasks fetch, and its buffers. 0 or -errno (trial_fail called).
int lane_open_blocking(struct lane *lane, struct trial *trial, uint32_t index);
void lane_close_blocking(struct lane *lane);

// An array of `count` zeroed lanes, aligned; NULL when out of memory; free() frees it.
struct lane *lanes_new(uint32_t count);

#endif

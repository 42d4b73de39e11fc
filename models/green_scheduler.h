// SPDX-License-Identifier: MIT
// A scheduler of green threads on the calling thread: green has one, green-multi one for each core, green-copy one whose
// lanes share a stack.
#ifndef CCBENCH_MODELS_GREEN_SCHEDULER_H
#define CCBENCH_MODELS_GREEN_SCHEDULER_H

#include "models/fiber.h"
#include "models/lane.h"
#include "models/reactor.h"

struct green;

struct green_lane {
    struct lane lane;
    struct fiber fiber;
    struct timer_entry timer;
    struct green *green;
    struct slot *slot;
    bool waited;                    // the task has waited for the reactor
    bool fresh;                     // the task has no context yet
    char *saved;                    // green-copy: the live part of the stack while it is not there
    size_t saved_bytes, saved_room;
    const struct step *fetch;       // to be started by the scheduler
    struct green_lane *next_fetch;
};

struct green {
    struct trial *trial;
    uint32_t count;                 // of lanes
    struct reactor reactor;
    struct fiber_scheduler scheduler;
    struct fiber_stacks stacks;
    struct green_lane *lanes;
    uint32_t opened;
    struct green_lane *fetches;     // parked, their fetch not yet handed to curl
    uint32_t active;                // lanes with a task
    struct green_lane *owner;       // green-copy: whose frames are on the shared stack
    bool copies;                    // one stack for all, the live part copied out when another one runs
    bool failed;                    // no memory to copy to
    uint64_t copied_bytes;
    uint32_t woken;                 // by the last poll
    uint64_t last_ns;
};

// A scheduler with `count` lanes, in zeroed memory. 0 or -errno with trial_fail() called; close in any case.
int green_scheduler_open(struct green *green, struct trial *trial, uint32_t count, bool copies);

// Carries tasks until none is left to claim and the last of this scheduler has ended. 0 or -errno with trial_fail() called.
int green_scheduler_run(struct green *green);

void green_scheduler_close(struct green *green);

#endif

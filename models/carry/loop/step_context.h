// SPDX-License-Identifier: MIT
// What a lane without a stack (callbacks, coroutines) needs for the steps that read, race, take and reply. Beside the lane, and
// only where the mix has such steps, so that a lane that sleeps stays small.
#pragma once

#include "models/carry/lane.h"
#include "models/carry/loop/file_read.h"
#include "models/carry/loop/reactor.h"
#include "models/carry/shared_lock.h"

#define STEP_CONTEXT_STEPS (STEP_SHARED | STEP_BIT(STEP_READ) LANE_STEPS(LANE_STEP_BIT))

struct step_context {
    struct lane lane; // what the steps that all models have in common work on; own: the model's lane
    struct lock_waiter waiter;
    struct file_read *read; // NULL unless tasks read
    void *awaits;           // the model's, while a read or the lock is awaited
};

// For the model's lane `owner`, the trial's `index`th. `locked` is called when the lane has been handed the lock that it waited
// for, `read_done` when its read has ended; read->owner is the owner. NULL in *ret_context where the mix does without.
// 0 or -errno with trial_fail() called.
int step_context_open(struct reactor *reactor, uint32_t index, void *owner, void (*locked)(struct continuation *waiter),
                      void (*read_done)(struct file_read *read, int status), struct step_context **ret_context);
void step_context_close(struct step_context *context); // accepts NULL; after the reactor

// To be called by `locked`: notes that the lane has the lock now. Its context.
struct step_context *step_context_locked(struct continuation *continuation);

// load, store, add, take and reply: what the step adds to the checksum.
static inline uint32_t step_context_run(struct step_context *context, const struct step *step)
{
    context->lane.check = 0;
    context->lane.steps[step->kind](&context->lane, step);
    return context->lane.check;
}

// False: the lane must wait until `locked` is called; with try it must not, and may ask again.
bool step_context_lock(struct step_context *context);
bool step_context_try_lock(struct step_context *context);
void step_context_unlock(struct step_context *context);

// At a task's end: gives up what one that failed half-way still holds. Accepts NULL.
static inline void step_context_settle(struct step_context *context)
{
    if (context != NULL && context->lane.locked)
        step_context_unlock(context);
}

// SPDX-License-Identifier: MIT
// What a lane without a stack (callbacks, coroutines) needs for the steps that read, race, lock, take and reply. Beside the lane, and
// only where the mix has such steps, so that a lane that sleeps stays small.
#pragma once

#include "models/carry/lane.h"
#include "models/carry/loop/file_read.h"
#include "models/carry/loop/reactor.h"
#include "models/carry/shared_lock.h"

#define STEP_CONTEXT_STEPS (STEP_SHARED | STEP_SHARED_FILE | STEP_BIT(STEP_READ) LANE_STEPS(LANE_STEP_BIT))

struct step_context {
    struct lane lane;        // what the steps that all models have in common work on; own: the model's lane
    struct lane_extra extra; // the lane's
    struct lock_waiter waiter;
    struct file_read *read; // NULL unless tasks read
    void *awaits;           // the model's, while a read or a lock is awaited
    int status;             // of the lock that was handed over
    bool again;             // callbacks: the step that waited for it is begun again
};

// For the model's lane `owner`, the trial's `index`th. `locked` is called when the lane has been handed the lock that it waited
// for, `read_done` when its read has ended; read->owner is the owner. NULL in *ret_context where the mix does without.
// 0 or -errno with trial_fail() called.
int step_context_open(struct reactor *reactor, uint32_t index, void *owner, void (*locked)(struct continuation *waiter),
                      void (*read_done)(struct file_read *read, int status), struct step_context **ret_context);
void step_context_close(struct step_context *context); // accepts NULL; after the reactor

// To be called by `locked`: takes the lock that was handed over. Its context, with the status.
struct step_context *step_context_handed(struct continuation *continuation);

// load, store, add, take and reply, and what only reads or writes the shared file: adds to the checksum what the step does.
// 0 or a status.
static inline int step_context_run(struct step_context *context, const struct step *step, uint32_t *check)
{
    int status;

    context->lane.check = 0;
    status = context->lane.steps[step->kind](&context->lane, step);
    *check += context->lane.check;
    return status;
}

// A step that locks: 0 or a status, or LANE_PARK: the lane must wait until `locked` is called; with try it is in no list then, and
// may ask again.
int step_context_lock(struct step_context *context, const struct step *step);
int step_context_try_lock(struct step_context *context, const struct step *step);
// Of the step that locked or that unlocks. 0 or a status.
int step_context_unlock(struct step_context *context, enum step_kind kind);

// At a task's end: gives up what one that failed half-way still holds. Accepts NULL.
static inline void step_context_settle(struct step_context *context)
{
    if (context != NULL && context->lane.locked)
        (void)step_context_unlock(context, STEP_LOCK);
    if (context != NULL && context->lane.file_locked)
        (void)step_context_unlock(context, STEP_LOCK_FILE);
}

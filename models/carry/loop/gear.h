// SPDX-License-Identifier: MIT
// What a lane without a stack (callbacks, coroutines) needs for the steps that read, race, take and reply. Beside the lane, and
// only where the mix has such steps, so that a lane that sleeps stays small.
#ifndef CCBENCH_MODELS_GEAR_H
#define CCBENCH_MODELS_GEAR_H

#include "models/carry/loop/file_read.h"
#include "models/carry/lane.h"
#include "models/carry/loop/reactor.h"
#include "models/carry/shared_lock.h"

#define GEAR_STEPS (STEP_SHARED | STEP_BIT(STEP_READ) | STEP_BIT(STEP_TAKE) | STEP_BIT(STEP_REPLY))

struct gear {
    struct lane lane; // what the steps that all models have in common work on; own: the model's lane
    struct lock_waiter waiter;
    struct file_read *read; // NULL unless tasks read
    void *awaits;           // the model's, while a read or the lock is awaited
};

// For the model's lane `owner`, the trial's `index`th. `locked` is called when the lane has been handed the lock that it waited
// for, `read_done` when its read has ended; read->owner is the owner. NULL in *ret_gear where the mix does without.
// 0 or -errno with trial_fail() called.
int gear_open(struct reactor *reactor, uint32_t index, void *owner, void (*locked)(struct letter *letter),
              void (*read_done)(struct file_read *read, int status), struct gear **ret_gear);
void gear_close(struct gear *gear); // accepts NULL; after the reactor

// To be called by `locked`: notes that the lane has the lock now. Its gear.
struct gear *gear_locked(struct letter *letter);

// load, store, add, take and reply: what the step adds to the checksum.
static inline uint32_t gear_step(struct gear *gear, const struct step *step)
{
    gear->lane.check = 0;
    gear->lane.steps[step->kind](&gear->lane, step);
    return gear->lane.check;
}

// False: the lane must wait until `locked` is called; with try it must not, and may ask again.
bool gear_lock(struct gear *gear);
bool gear_try_lock(struct gear *gear);
void gear_unlock(struct gear *gear);

// At a task's end: gives up what one that failed half-way still holds. Accepts NULL.
static inline void gear_settle(struct gear *gear)
{
    if (gear != NULL && gear->lane.locked)
        gear_unlock(gear);
}

#endif

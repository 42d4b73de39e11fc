// SPDX-License-Identifier: MIT
#include "models/carry/loop/gear.h"

#include <errno.h>
#include <stdlib.h>

#include "models/carry/queue.h"

static step_function *const inline_steps[STEP_KIND_COUNT] = {
    [STEP_LOAD] = lane_load,
    [STEP_STORE] = lane_store,
    [STEP_ADD] = lane_add,
    [STEP_TAKE] = lane_take,
    [STEP_REPLY] = lane_reply,
};

int gear_open(struct reactor *reactor, uint32_t index, void *owner, void (*locked)(struct letter *letter),
              void (*read_done)(struct file_read *read, int status), struct gear **ret_gear)
{
    struct trial *trial = reactor->trial;
    struct gear *gear;
    int err;

    if (!(trial->kinds & GEAR_STEPS))
        return 0;
    if (posix_memalign((void **)&gear, CACHE_LINE, sizeof *gear) != 0)
        return trial_fail(trial, -ENOMEM, "out of memory for %u lanes", trial->lanes);
    *gear = (struct gear){
        .lane = {.steps = inline_steps, .trial = trial, .index = index, .own = owner},
        .waiter = {.letter.read = locked, .home = reactor->home},
    };
    *ret_gear = gear;
    err = lane_open_buffers(&gear->lane, trial);
    if (err == 0 && trial->kinds & STEP_BIT(STEP_READ))
        err = file_read_open(&gear->lane, reactor, &gear->read);
    if (err == 0 && gear->read != NULL) {
        gear->read->done = read_done;
        gear->read->owner = owner;
    }
    return err;
}

void gear_close(struct gear *gear)
{
    if (gear == NULL)
        return;
    file_read_close(gear->read);
    lane_close_buffers(&gear->lane);
    free(gear);
}

struct gear *gear_locked(struct letter *letter)
{
    struct gear *gear = CONTAINER_OF(letter, struct gear, waiter.letter);

    gear->lane.locked = true;
    return gear;
}

bool gear_lock(struct gear *gear)
{
    gear->lane.locked = shared_lock_take(&gear->lane.trial->shared->task_lock, &gear->waiter);
    return gear->lane.locked;
}

bool gear_try_lock(struct gear *gear)
{
    gear->lane.locked = shared_lock_try(&gear->lane.trial->shared->task_lock, &gear->waiter);
    return gear->lane.locked;
}

void gear_unlock(struct gear *gear)
{
    gear->lane.locked = false;
    shared_lock_give(&gear->lane.trial->shared->task_lock, gear->waiter.home);
}

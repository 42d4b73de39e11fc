// SPDX-License-Identifier: MIT
// Giving up a lock that another lane may wait for without blocking: only loops have those.
#include "models/carry/lane.h"
#include "models/carry/shared_lock.h"

int lane_give_lock(struct lane *lane, enum step_kind kind, struct mpsc_queue *here)
{
    int status = 0;

    if (kind == STEP_LOCK_FILE || kind == STEP_UNLOCK_FILE)
        status = lane_unlock_file(lane, NULL);
    else
        lane->locked = false;
    shared_lock_give(lane_lock_of(lane, kind), here);
    return status;
}

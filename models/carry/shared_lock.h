// SPDX-License-Identifier: MIT
// The lock of the steps lock and unlock for lanes that must not block their thread: whoever finds it taken waits in a list,
// and unlock hands it to the one that has waited longest. Between the lanes of one loop, where it is no more than a
// pointer, or of several, where it is lock-free.
//
// One word, as in Lewis Baker's cppcoro::async_mutex: free, held, or held with a stack of waiters. The holder turns that
// stack over into a list that only the holder touches.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "models/carry/continuation.h"

struct mpsc_queue;

// Zeroed: free. Nothing is allocated, so nothing is released.
struct shared_lock {
    _Atomic(struct continuation *) state; // NULL: free; a mark: held; else the newest waiter's continuation
    struct continuation *queue;           // waiters, the oldest first; the holder's
};

// Embedded in a lane.
struct lock_waiter {
    struct continuation continuation; // run once the lock has been handed to it
    struct mpsc_queue *home;          // of the lane's loop; NULL where there is only one loop
};

// Takes the lock and returns true; or false, and the waiter's continuation will be run, later and on its loop's thread, once
// the lock has been handed to it. All who use one lock have a home, or none of them has.
bool shared_lock_take(struct shared_lock *lock, struct lock_waiter *waiter);

// Takes the lock if that is free; does not wait for it.
bool shared_lock_try(struct shared_lock *lock, const struct lock_waiter *waiter);

// Gives the lock up; `here` is the home of the lane that had it. The next holder's continuation is run at once where it is
// of the same loop: it must only mark the lane as ready.
void shared_lock_give(struct shared_lock *lock, struct mpsc_queue *here);

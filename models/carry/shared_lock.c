// SPDX-License-Identifier: MIT
#include "models/carry/shared_lock.h"

#include <stddef.h>

#include "models/carry/mpsc_queue.h"

static struct continuation held; // the mark: held, and nobody has come to wait since the holder last looked

// Changes the state from what it was seen to be; false: it is another one by now, and *state says which.
static bool change(struct shared_lock *lock, struct continuation **state, struct continuation *to,
                   const struct mpsc_queue *home)
{
    if (home != NULL)
        return atomic_compare_exchange_weak_explicit(&lock->state, state, to, memory_order_acq_rel,
                                                     memory_order_relaxed);
    atomic_store_explicit(&lock->state, to, memory_order_relaxed);
    return true;
}

bool shared_lock_try(struct shared_lock *lock, const struct lock_waiter *waiter)
{
    struct continuation *state = atomic_load_explicit(&lock->state, memory_order_relaxed);

    while (state == NULL) {
        if (change(lock, &state, &held, waiter->home))
            return true;
    }
    return false;
}

bool shared_lock_take(struct shared_lock *lock, struct lock_waiter *waiter)
{
    struct continuation *state = atomic_load_explicit(&lock->state, memory_order_relaxed);

    for (;;) {
        if (state == NULL) {
            if (change(lock, &state, &held, waiter->home))
                return true;
            continue;
        }
        waiter->continuation.next = state == &held ? NULL : state;
        if (change(lock, &state, &waiter->continuation, waiter->home))
            return false;
    }
}

// Takes the next waiter off the holder's list; NULL when there was none and the lock is free now.
static struct continuation *next_waiter(struct shared_lock *lock, const struct mpsc_queue *home)
{
    struct continuation *state, *next = lock->queue;

    if (next == NULL) {
        state = atomic_load_explicit(&lock->state, memory_order_relaxed);
        while (state == &held) {
            if (change(lock, &state, NULL, home))
                return NULL;
        }
        while (!change(lock, &state, &held, home))
            ;
        next = continuation_oldest_first(state);
    }
    lock->queue = next->next;
    return next;
}

void shared_lock_give(struct shared_lock *lock, struct mpsc_queue *here)
{
    struct continuation *continuation = next_waiter(lock, here);
    struct lock_waiter *waiter = (struct lock_waiter *)continuation; // its first member

    if (continuation == NULL)
        return;
    if (waiter->home == here)
        continuation->run(continuation);
    else
        mpsc_queue_push(waiter->home, continuation);
}

// SPDX-License-Identifier: MIT
#include "models/carry/shared_lock.h"

#include <stddef.h>

#include "models/carry/inbox.h"

static struct letter held; // the mark: held, and nobody has come to wait since the holder last looked

// Changes the state from what it was seen to be; false: it is another one by now, and *state says which.
static bool change(struct shared_lock *lock, struct letter **state, struct letter *to, const struct inbox *home)
{
    if (home != NULL)
        return atomic_compare_exchange_weak_explicit(&lock->state, state, to, memory_order_acq_rel, memory_order_relaxed);
    atomic_store_explicit(&lock->state, to, memory_order_relaxed);
    return true;
}

bool shared_lock_try(struct shared_lock *lock, const struct lock_waiter *waiter)
{
    struct letter *state = atomic_load_explicit(&lock->state, memory_order_relaxed);

    while (state == NULL) {
        if (change(lock, &state, &held, waiter->home))
            return true;
    }
    return false;
}

bool shared_lock_take(struct shared_lock *lock, struct lock_waiter *waiter)
{
    struct letter *state = atomic_load_explicit(&lock->state, memory_order_relaxed);

    for (;;) {
        if (state == NULL) {
            if (change(lock, &state, &held, waiter->home))
                return true;
            continue;
        }
        waiter->letter.next = state == &held ? NULL : state;
        if (change(lock, &state, &waiter->letter, waiter->home))
            return false;
    }
}

// Turns the stack of those who came meanwhile into a list, the oldest first.
static struct letter *oldest_first(struct letter *newest)
{
    struct letter *oldest = NULL;

    while (newest != NULL) {
        struct letter *next = newest->next;

        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

// Takes the next waiter off the holder's list; NULL when there was none and the lock is free now.
static struct letter *next_waiter(struct shared_lock *lock, const struct inbox *home)
{
    struct letter *state, *next = lock->queue;

    if (next == NULL) {
        state = atomic_load_explicit(&lock->state, memory_order_relaxed);
        while (state == &held) {
            if (change(lock, &state, NULL, home))
                return NULL;
        }
        while (!change(lock, &state, &held, home))
            ;
        next = oldest_first(state);
    }
    lock->queue = next->next;
    return next;
}

void shared_lock_give(struct shared_lock *lock, struct inbox *here)
{
    struct letter *letter = next_waiter(lock, here);
    struct lock_waiter *waiter = (struct lock_waiter *)letter; // its first member

    if (letter == NULL)
        return;
    if (waiter->home == here)
        letter->read(letter);
    else
        inbox_send(waiter->home, letter);
}

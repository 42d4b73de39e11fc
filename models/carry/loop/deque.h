// SPDX-License-Identifier: MIT
// A work-stealing queue: its owner puts tasks in, and the owner and thieves take them out, the oldest first. Lock-free, of fixed
// size.
//
// D. Chase and Y. Lev, "Dynamic circular work-stealing deque", SPAA 2005, with the memory orders of N. M. Lê, A. Pop, A. Cohen
// and F. Zappa Nardelli, "Correct and efficient work-stealing for weak memory models", PPoPP 2013. Only the thieves' end is
// used for taking, by the owner as well, as in the run queues of Go and Tokio: tasks are to begin in the order in which they
// arrived. So the owner's end has no take, and a take no fence against it.
#ifndef CCBENCH_MODELS_DEQUE_H
#define CCBENCH_MODELS_DEQUE_H

#include <stdatomic.h>
#include <stdint.h>

#define DEQUE_LINE 64

struct deque {
    _Alignas(DEQUE_LINE) _Atomic uint64_t top;    // the oldest; whoever takes it moves this on
    _Alignas(DEQUE_LINE) _Atomic uint64_t bottom; // behind the newest; the owner's
    uint64_t mask;
    void *_Atomic *items; // a ring
};

// Room for `capacity` items. 0 or -ENOMEM.
int deque_open(struct deque *deque, uint32_t capacity);
void deque_close(struct deque *deque); // accepts a zeroed one

// The owner's. There must be room.
void deque_put(struct deque *deque, void *item);

// From any thread: the oldest item, or NULL when there is none.
void *deque_take(struct deque *deque);

// From any thread; exact for the owner unless somebody takes meanwhile.
uint32_t deque_size(const struct deque *deque);

#endif

// SPDX-License-Identifier: MIT
// The work-stealing queue of one producer and many consumers: its owner pushes tasks, and the owner and thieves pop them, the
// oldest first. Lock-free, of fixed size.
//
// D. Chase and Y. Lev, "Dynamic circular work-stealing deque", SPAA 2005, with the memory orders of N. M. Lê, A. Pop, A. Cohen
// and F. Zappa Nardelli, "Correct and efficient work-stealing for weak memory models", PPoPP 2013. Of that deque only the
// thieves' end is used for popping, by the owner as well, as in the run queues of Go and Tokio: tasks are to begin in the order in
// which they arrived. So the owner's end has no pop, and a pop no fence against it.
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#define SPMC_QUEUE_LINE 64

struct spmc_queue {
    _Alignas(SPMC_QUEUE_LINE) _Atomic uint64_t top;    // the oldest; whoever takes it moves this on
    _Alignas(SPMC_QUEUE_LINE) _Atomic uint64_t bottom; // behind the newest; the owner's
    uint64_t mask;
    void *_Atomic *items; // a ring
};

// Room for `capacity` items. 0 or -ENOMEM.
int spmc_queue_open(struct spmc_queue *queue, uint32_t capacity);
void spmc_queue_close(struct spmc_queue *queue); // accepts a zeroed one

// The owner's. There must be room.
void spmc_queue_push(struct spmc_queue *queue, void *item);

// From any thread: the oldest item, or NULL when there is none.
void *spmc_queue_pop(struct spmc_queue *queue);

// From any thread; exact for the owner unless somebody takes meanwhile.
uint32_t spmc_queue_size(const struct spmc_queue *queue);

// SPDX-License-Identifier: MIT
// What other threads push to a loop, and its own thread runs: a queue of many producers and one consumer. Lock-free; the loop is
// woken by a system call only where it sleeps.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

#include "models/carry/continuation.h"

#define MPSC_QUEUE_LINE 64

struct mpsc_queue {
    // Other threads write here: in lines of its own, away from what the loop works on.
    _Alignas(MPSC_QUEUE_LINE) uv_async_t wakeup;
    _Atomic(struct continuation *) newest; // and behind it the older ones
    atomic_bool asleep;                    // the loop's thread waits for the wakeup, or is about to
    atomic_bool stopped;                   // by mpsc_queue_stop()
};

// On the loop's thread, which must be the one that drains it. 0 or a -errno of libuv's.
int mpsc_queue_open(struct mpsc_queue *queue, uv_loop_t *loop);
// The handle is closed by the loop's next run. What was not drained is forgotten.
void mpsc_queue_close(struct mpsc_queue *queue);

// From any thread. Those of one thread are run in the order in which it pushed them.
void mpsc_queue_push(struct mpsc_queue *queue, struct continuation *continuation);
void mpsc_queue_wake(struct mpsc_queue *queue); // only wakes
void mpsc_queue_stop(struct mpsc_queue *queue); // wakes; queue->stopped stays true

// On the loop's thread. Before polling: whether it may sleep. Afterwards: runs what has come.
bool mpsc_queue_may_sleep(struct mpsc_queue *queue);
void mpsc_queue_drain(struct mpsc_queue *queue);

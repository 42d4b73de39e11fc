// SPDX-License-Identifier: MIT
// What other threads hand to a loop: letters that its own thread reads, and a bell. Lock-free; the loop is woken by a system
// call only where it sleeps.
#ifndef CCBENCH_MODELS_INBOX_H
#define CCBENCH_MODELS_INBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

#include "models/carry/letter.h"

struct inbox {
    uv_async_t bell;
    _Atomic(struct letter *) letters; // the newest first
    atomic_bool asleep;  // the loop's thread waits for the bell, or is about to
    atomic_bool stopped; // by inbox_stop()
};

// On the loop's thread, which must be the one that reads. 0 or a -errno of libuv's.
int inbox_open(struct inbox *inbox, uv_loop_t *loop);
// The handle is closed by the loop's next run. Letters that were not read are forgotten.
void inbox_close(struct inbox *inbox);

// From any thread. Letters of one sender are read in the order in which they were sent.
void inbox_send(struct inbox *inbox, struct letter *letter);
void inbox_ring(struct inbox *inbox); // only wakes
void inbox_stop(struct inbox *inbox); // wakes; inbox->stopped stays true

// On the loop's thread. Before polling: whether it may sleep. Afterwards: reads what has come.
bool inbox_may_sleep(struct inbox *inbox);
void inbox_read(struct inbox *inbox);

#endif

// SPDX-License-Identifier: MIT
// The reactor under every model with an event loop: one libuv loop with nanosecond deadlines (measure/timers.h) and
// libcurl's multi interface on it. eventloop, async and green differ in how a task waits, never in what it waits on.
#ifndef CCBENCH_MODELS_REACTOR_H
#define CCBENCH_MODELS_REACTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "measure/timers.h"
#include "models/http_get.h"
#include "models/trial.h"

// Work done between two polls: all that the last poll has woken, and beyond that at most so many continuations and about
// so long, so that timers and sockets do not starve while others are ready.
//
// A lane whose task has ended takes the next one at once if the task had to wait, as a worker does that loops over
// `await`; if it never waited, its next one goes to the back of the queue, else it would keep the loop from all others.
#define REACTOR_BUDGET 128
#define REACTOR_SLICE_NS (100 * NS_PER_US)

struct reactor_sockets;

struct reactor {
    struct trial *trial;
    uv_loop_t loop;
    bool loop_open, timers_open;
    struct timers timers;
    int broken; // -errno, with trial_fail() called: some task would never be continued
    struct reactor_sockets *sockets; // libcurl's side; NULL unless tasks fetch
};

// For at most `lanes` waiting at once. 0 or -errno with trial_fail() called; close in any case.
int reactor_open(struct reactor *reactor, struct trial *trial, uint32_t lanes);
void reactor_close(struct reactor *reactor);

// entry->fire is called `ns` from now, not before. Cannot fail: room was made by open.
void reactor_sleep(struct reactor *reactor, uint64_t ns, struct timer_entry *entry);

// Starts the fetch; get->done is called with the task's status once it has ended. May call get->done only later, from
// reactor_turn. `get->multi` is chosen by reactor_assign.
void reactor_fetch(struct reactor *reactor, struct http_get *get, const struct step *step);
// Gives the lane's handle its place among the multi handles.
void reactor_assign(struct reactor *reactor, struct http_get *get, uint32_t lane);

// Polls once; with `may_block`, waits until something happens. 0, or reactor->broken: the model's run must end.
int reactor_turn(struct reactor *reactor, bool may_block);

// For reactor.c only (sockets.c).
int sockets_open(struct reactor *reactor, uint32_t lanes);
void sockets_close(struct reactor *reactor);
// Lets libcurl start what was added; true if that completed anything.
bool sockets_kick(struct reactor *reactor);

#endif

// SPDX-License-Identifier: MIT
// The reactor under every model with an event loop: one libuv loop with nanosecond deadlines (measure/base/timers.h) and
// an HTTP client on it (fetch_loop.h). eventloop, async and green differ in how a task waits, never in what it waits on.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "measure/base/timers.h"
#include "models/carry/http_get.h"
#include "models/carry/mpsc_queue.h"
#include "models/carry/trial.h"

struct fetch_limit;
struct fetch_loop;

// Which of a trial's lanes a loop has.
struct share {
    uint32_t index;        // of the loop
    uint32_t first, lanes; // its lanes are the trial's first … first + lanes - 1
    bool alone;            // there is no other loop
};

// All of them.
static inline struct share share_all(const struct trial *trial)
{
    return (struct share){.lanes = trial->lanes, .alone = true};
}

struct reactor {
    struct trial *trial;
    uv_loop_t loop;
    bool loop_open, timers_open, mpsc_queue_open;
    bool closing; // nothing is continued any more
    bool polled;  // beside the timers there may be something to poll for: fetches, reads, or what a model has added
    struct timers timers;
    struct timer_entry arrival;
    bool awaits_arrival;              // `arrival` is among the timers
    struct mpsc_queue remote;         // continuations from other threads
    struct mpsc_queue *home;          // &remote; NULL where the loop is alone
    int broken;                       // -errno, with trial_fail() called: some task would never be continued
    const struct fetch_loop *fetches; // how; NULL unless tasks fetch
    void *sockets;                    // its own
    struct fetch_limit *limits;       // of the handles that are assigned
    uint32_t assigned;
    struct http_get *made, *spare; // of tasks' children: all, and those that no child has now
    uint32_t made_count;
};

// For at most `share->lanes` waiting at once. 0 or -errno with trial_fail() called; close in any case.
int reactor_open(struct reactor *reactor, struct trial *trial, const struct share *share);
void reactor_close(struct reactor *reactor);

// From any thread, once it is open: its turn ends, and returns an error. Does nothing where it is alone.
void reactor_stop(struct reactor *reactor);

// entry->fire is called `ns` from now, not before. Cannot fail: room was made by open.
void reactor_sleep(struct reactor *reactor, uint64_t ns, struct timer_entry *entry);

// Starts the fetch; get->done is called with the task's status once it has ended. May call get->done only later, from
// reactor_turn. The handle has been assigned.
void reactor_fetch(struct reactor *reactor, struct http_get *get, const struct step *step);
// Gives the lane's handle its place in this reactor.
void reactor_assign(struct reactor *reactor, struct http_get *get, uint32_t lane);

// A handle for a child of a task, whose first fetch it is; NULL when out of memory. Owned by the reactor, to be put back when the
// child ends: so there are never more than children that fetch at once.
struct http_get *reactor_take_get(struct reactor *reactor);
void reactor_put_get(struct reactor *reactor, struct http_get *get);

// Give up what was started and has not ended: entry->fire and get->done are not called any more.
void reactor_forget(struct reactor *reactor, struct timer_entry *entry);
void reactor_give_up(struct http_get *get);

// Open loop: the next turn ends when the next unclaimed task arrives, if not before. False: none is left to arrive, and a
// turn that blocks would not be ended by one.
bool reactor_await_arrival(struct reactor *reactor);

// Polls once; with `may_block`, waits until something happens. Without, and with nothing that could have happened, the kernel is
// not asked, as Go's scheduler does not while nobody waits (netpollAnyWaiters): where tasks only sleep, not before the first is
// due. 0, or reactor->broken: the model's run must end.
int reactor_turn(struct reactor *reactor, bool may_block);

// For fetch_limit.c only: ends the fetch under way as one that timed out, by get->done.
void reactor_time_out(struct http_get *get);

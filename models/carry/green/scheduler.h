// SPDX-License-Identifier: MIT
// A scheduler of green threads on the calling thread: green has one, green-multi one for each core, green-copy one whose
// lanes share a stack.
#pragma once

#include "models/carry/lane_memory.h"
#include "models/carry/loop/file_read.h"
#include "models/carry/loop/kin.h"
#include "models/carry/loop/turn.h"
#include "models/carry/stack/blocking.h"
#include "models/carry/stack/fiber.h"

struct green;

// What waits for a lock in place of a lane.
struct green_waiter {
    struct lock_waiter waiter;
    struct green_lane *lane;
};

// Two lines of the caches, of which a million may sleep: what only some tasks need lies elsewhere.
struct green_lane {
    struct lane lane; // its own: green-copy: the live part of the stack while it is not there
    struct fiber fiber;
    struct timer_entry timer;
    struct queue_item item;   // among the idle ones, or those that fetch
    const struct step *waits; // the step under way that waits for the reactor or the lock; NULL: none, or it is over
    uint16_t saved_room;      // green-copy: for so many 16 bytes of stack there is room
    bool waited;              // the task has waited for the reactor, or for the lock
    bool fresh;               // the task has no context yet
    bool child;               // a task's child: has no slot
    bool cancelled;           // and another's failure has ended it
    bool fetches;             // its step is a fetch that the scheduler is still to start
};

_Static_assert(offsetof(struct green_lane, fiber) == sizeof(struct lane), "lane_fiber() finds it there");

// Where a scheduler gets its tasks from that does not claim the next of all itself (green-multi).
struct green_source {
    // The task that the lane, which has none, is to begin now; NULL when there is none.
    struct slot *(*next)(struct green *green, struct green_lane *lane);
    // The lane's task has ended, or the run begins; the lane will ask for its next one.
    void (*freed)(struct green *green, struct green_lane *lane);
    // Whether there will be no task for this scheduler any more.
    bool (*exhausted)(struct green *green);
    // Called when there is nothing to do, and again before anything is done: whether the scheduler may block until something
    // happens, and that it no longer does.
    bool (*rest)(struct green *green);
    void (*wake)(struct green *green);
};

struct green {
    struct turn_loop turns;
    const struct green_source *source; // NULL: claims the next task of all
    // The ready ones, first in, first out: those that the poll has woken behind those that yielded before. They jump to each
    // other directly, as many as a turn continues.
    struct fiber_scheduler scheduler;
    struct green_lane *lanes; // of tasks, and behind them of their children
    size_t lanes_bytes;
    struct green_waiter *waiters; // by lane; NULL where nobody locks
    struct file_read **reads;     // by lane; NULL unless tasks read
    uint32_t opened;              // of them
    struct family family;
    struct green_lane *kin_ended; // the child that is being left for good
    struct queue_item *fetches;   // of lanes that are parked, their fetch not yet handed to curl
    struct green_lane *owner;     // green-copy: whose frames are on the shared stack
    bool copies;                  // one stack for all, the live part copied out when another one runs
    uint64_t copied_bytes;
    struct lane_arena saved; // what is copied out
};

// A scheduler with its share of the lanes, in zeroed memory; source NULL: it claims. 0 or -errno with trial_fail() called; close in any case.
int green_scheduler_open(struct green *green, struct trial *trial, const struct share *share,
                         const struct green_source *source, bool copies);

// Carries tasks until its source is exhausted and the last of this scheduler has ended. 0 or -errno with trial_fail() called.
// This and close take a struct green, as a loop_kind's functions do.
int green_scheduler_run(void *loop);

void green_scheduler_close(void *loop);

// For scheduler.c only (steps.c): what a lane's steps need. 0 or -errno with trial_fail() called; close in any
// case, after the reactor. `place`: of the lane in its scheduler; `index`: among all of the trial's.
int green_lane_open(struct green_lane *lane, uint32_t place, uint32_t index);
void green_lane_close(struct green_lane *lane);
// Children (children.c): each is a green thread; the last one wakes the one that gathers.
void green_connect(struct green_lane *lane, struct http_get *get);               // it is the lane's
int green_children_open(struct green *green, uint32_t lanes, uint32_t children); // 0 or -ENOMEM
step_function green_gather;
void green_child_run(struct green_lane *lane); // on its own stack, from its beginning to its end
// Makes a lane that waits ready, with what its step comes to.
void green_wake(struct green_lane *lane, int status);
// The fetch was not started yet, and will not be.
void green_withdraw_fetch(struct green_lane *lane);

// A lane's scheduler.
static inline struct green *green_of_lane(const struct green_lane *lane)
{
    return CONTAINER_OF(lane->fiber.scheduler, struct green, scheduler);
}

// The lane of which that is a part.
static inline struct green_lane *green_lane_of(struct lane *lane)
{
    return CONTAINER_OF(lane, struct green_lane, lane);
}

// Where the lane's reads are kept; only where tasks read.
static inline struct file_read **green_read(const struct green_lane *lane)
{
    struct green *green = green_of_lane(lane);

    return &green->reads[lane - green->lanes];
}

// Gives the lane a fresh context.
static inline void green_renew(struct green_lane *lane)
{
    // On a shared stack a context can only be made when the stack is free.
    lane->fresh = green_of_lane(lane)->copies;
    if (!lane->fresh)
        fiber_start(&lane->fiber);
}

// Hands to curl what lanes have parked on: it needs more stack than they have.
void green_start_fetches(struct green *green);

// SPDX-License-Identifier: MIT
// A loop's lanes that have no task, and which task they begin next. It claims as late as it can, one task at a time and just
// before it begins it, so that what it has no time for is left to other loops.
#pragma once

#include "models/carry/loop/reactor.h"
#include "models/carry/queue.h"

struct intake {
    struct trial *trial;
    struct claim claim; // closed loop; free_ns is each lane's own
    bool exhausted;     // no task is left for this loop, now or later
    struct queue idle;  // lanes without a task
    uint32_t idle_count;
};

static inline void intake_init(struct intake *intake, struct trial *trial)
{
    *intake = (struct intake){.trial = trial};
    queue_init(&intake->idle);
}

// The lane has no task. In a closed loop lanes take turns. In an open one the last used is used again: its memory and its
// connection are warm.
static inline void intake_rest(struct intake *intake, struct queue_item *lane)
{
    intake->idle_count++;
    if (intake->trial->open_loop)
        queue_push_front(&intake->idle, lane);
    else
        queue_push_back(&intake->idle, lane);
}

// An idle lane, of which there must be one, to begin a task in.
static inline struct queue_item *intake_lane(struct intake *intake)
{
    intake->idle_count--;
    return queue_pop(&intake->idle);
}

// It found none: it is the next one again.
static inline void intake_put_back(struct intake *intake, struct queue_item *lane)
{
    intake->idle_count++;
    queue_push_front(&intake->idle, lane);
}

// The next task that has arrived by `now_ns`; NULL when there is none.
static inline struct slot *intake_next(struct intake *intake, uint64_t now_ns)
{
    struct trial *trial = intake->trial;
    struct slot *slot;

    if (intake->exhausted)
        return NULL;
    slot = trial->open_loop ? trial_claim_arrived(trial, now_ns) : trial_claim(trial, &intake->claim);
    if (slot == NULL)
        intake->exhausted = !trial->open_loop || trial_next_arrival_ns(trial) == UINT64_MAX;
    return slot;
}

// Whether a loop that has nothing to do may block until something happens; if tasks are still to arrive for its idle lanes,
// that is among what happens.
static inline bool intake_may_block(const struct intake *intake, struct reactor *reactor)
{
    if (intake->idle_count == 0 || intake->exhausted)
        return true;
    return intake->trial->open_loop && reactor_await_arrival(reactor);
}

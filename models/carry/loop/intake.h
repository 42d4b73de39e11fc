// SPDX-License-Identifier: MIT
// A loop's lanes that have no task, and which task they begin next. It claims as late as it can, one task at a time and just
// before it begins it, so that what it has no time for is left to other loops.
#pragma once

#include "models/carry/loop/reactor.h"
#include "models/carry/queue.h"

struct intake {
    struct trial *trial;
    struct claim claim;  // closed loop; free_ns is each lane's own
    bool exhausted;      // no task is left for this loop, now or later
    struct queue idle;   // lanes without a task that have had one
    uint32_t idle_count; // of all without one
    // Those that have had none, in their order: `fresh` is in the first of `fresh_count`, each so many bytes from the one before. They are
    // not in a list, so that nobody touches them between set-up and their first task.
    char *fresh;
    uint32_t fresh_count;
    size_t lane_bytes;
    ptrdiff_t free_ns; // so many bytes behind the item is when the lane became free
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

// No lane has had a task: `first` is that of the first of `count`, and `free_ns` where it keeps when it became free, which is the run's
// start.
static inline void intake_rest_all(struct intake *intake, struct queue_item *first, uint64_t *free_ns, uint32_t count,
                                   size_t lane_bytes)
{
    intake->fresh = (char *)first;
    intake->free_ns = (char *)free_ns - (char *)first;
    intake->fresh_count = count;
    intake->lane_bytes = lane_bytes;
    intake->idle_count += count;
}

static inline struct queue_item *intake_take_fresh(struct intake *intake)
{
    char *lane = intake->fresh;

    *(uint64_t *)(void *)(lane + intake->free_ns) = intake->trial->run_start_ns;
    intake->fresh_count--;
    intake->fresh += intake->lane_bytes;
    return (struct queue_item *)(void *)lane;
}

// An idle lane, of which there must be one, to begin a task in.
static inline struct queue_item *intake_lane(struct intake *intake)
{
    intake->idle_count--;
    if (__builtin_expect(intake->fresh_count > 0, 0) && !(intake->trial->open_loop && intake->idle.first != NULL))
        return intake_take_fresh(intake);
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

// SPDX-License-Identifier: MIT
// How a loop takes turns, which is the same for callbacks, coroutines and green threads: whatever differs here would bias the
// comparison. It continues what is ready, begins tasks in idle lanes, and polls. Of the first two each has a slice of its own, at
// most so many and about so long, so that neither keeps the other waiting, nor timers and sockets; but what the last poll has
// woken is all continued, unless it computes.
//
// A lane whose task has ended takes the next one at once if the task had to wait, as a worker does that loops over `await`; if it
// never waited, the lane is idle, else it would keep the loop from all others.
//
// In which order what is ready is continued is each style's own.
#pragma once

#include "models/carry/loop/intake.h"
#include "models/carry/loop/reactor.h"
#include "workloads/program/compute.h"

#define TURN_BUDGET 128
#define TURN_SLICE_NS (100 * NS_PER_US)

// A step that computes at least fib of this, a microsecond, is worth a look at the clock after it.
#define TURN_COMPUTES_N 15

// Called once for each task or switch: a call would be most of what it costs.
#define TURN_INLINE static inline __attribute__((always_inline))

struct turn_loop {
    struct trial *trial;
    struct reactor reactor;
    struct intake intake;
    uint32_t count;        // of its lanes
    uint32_t woken;        // by the last poll
    uint64_t last_ns;      // the newest stamp, to bound a slice without reading the clock
    uint64_t slice_end_ns; // of what is ready
    bool traced;           // the trial is
    bool spent;            // that slice has been computed away
};

// A style's side, as a constant that the compiler sees where it calls turn_loop_run(): so that none of these calls is an
// indirect one. Those that may be NULL cost nothing then.
struct turn_style {
    // Whether a lane waits to be continued.
    bool (*any_ready)(const struct turn_loop *loop);
    // Continues what is ready, one after the other, as long as turn_goes_on() says so.
    void (*run_ready)(struct turn_loop *loop);
    // The task that the idle lane is to begin now, or NULL. NULL: turn_claim().
    struct slot *(*next)(struct turn_loop *loop, struct queue_item *lane);
    // Begins the task in the lane.
    void (*begin)(struct turn_loop *loop, struct queue_item *lane, struct slot *slot);
    // Whether there will be no task for this loop any more. NULL: once none is left to claim.
    bool (*exhausted)(struct turn_loop *loop);
    // Asked when there is nothing to do: whether the loop may block until something happens. May be NULL.
    bool (*may_block)(struct turn_loop *loop);
    // Called before and after each poll. May be NULL.
    void (*before_poll)(struct turn_loop *loop);
    void (*after_poll)(struct turn_loop *loop);
};

// For at most share->lanes lanes. 0 or -errno with trial_fail() called; reactor_close() is due in any case.
static inline int turn_loop_open(struct turn_loop *loop, struct trial *trial, const struct share *share)
{
    loop->trial = trial;
    loop->traced = trial->trace != NULL;
    loop->count = share->lanes;
    intake_init(&loop->intake, trial);
    return reactor_open(&loop->reactor, trial, share);
}

// A share of a turn.
struct slice {
    uint64_t end_ns;
    uint32_t woken; // of what is ready, so many as the last poll has woken
};

// What is ready gets the first slice of a turn.
TURN_INLINE struct slice turn_begin_slice(struct turn_loop *loop)
{
    struct slice slice = {.end_ns = loop->last_ns + TURN_SLICE_NS, .woken = loop->woken};

    loop->woken = 0;
    loop->spent = false;
    loop->slice_end_ns = slice.end_ns;
    return slice;
}

// Whether the slice has room for its nth.
TURN_INLINE bool turn_goes_on(const struct turn_loop *loop, const struct slice *slice, uint32_t n)
{
    return n < slice->woken ? !loop->spent : n < TURN_BUDGET && loop->last_ns < slice->end_ns;
}

// After what may have taken long, so that a slice ends in time.
TURN_INLINE void turn_note_time(struct turn_loop *loop)
{
    loop->last_ns = clock_now_ns();
    loop->spent |= loop->last_ns >= loop->slice_end_ns;
}

// Carries out a step that computes or blocks, where the loop is. What it adds to the checksum.
static inline uint32_t turn_compute(struct turn_loop *loop, const struct step *step)
{
    uint32_t check = compute_repeated((unsigned)step->arg, step->times);

    if (step->arg >= TURN_COMPUTES_N || step->times > 1)
        turn_note_time(loop);
    return check;
}

static inline void turn_block(struct turn_loop *loop, const struct step *step)
{
    clock_sleep_until_ns(clock_now_ns() + step->arg);
    turn_note_time(loop);
}

// The next task of all.
TURN_INLINE struct slot *turn_claim(struct turn_loop *loop, struct queue_item *lane)
{
    return intake_next(&loop->intake, loop->last_ns);
}

TURN_INLINE struct slot *turn_next(struct turn_loop *loop, const struct turn_style *style, struct queue_item *lane)
{
    return style->next != NULL ? style->next(loop, lane) : turn_claim(loop, lane);
}

// The lane's task has ended: the one that it goes on with, or NULL, and the lane is idle.
TURN_INLINE struct slot *turn_end_task(struct turn_loop *loop, const struct turn_style *style, struct queue_item *lane,
                                       bool waited)
{
    struct slot *slot = waited ? turn_next(loop, style, lane) : NULL;

    if (slot == NULL)
        intake_rest(&loop->intake, lane);
    return slot;
}

// One slice of beginnings, in idle lanes. Returns whether there may be more to begin.
TURN_INLINE bool turn_begin_tasks(struct turn_loop *loop, const struct turn_style *style)
{
    const struct slice slice = {.end_ns = loop->last_ns + TURN_SLICE_NS};

    for (uint32_t n = 0; loop->intake.idle_count > 0; n++) {
        struct queue_item *lane;
        struct slot *slot;

        if (!turn_goes_on(loop, &slice, n))
            return true;
        lane = intake_lane(&loop->intake);
        slot = turn_next(loop, style, lane);
        if (slot == NULL) {
            intake_put_back(&loop->intake, lane);
            return false;
        }
        style->begin(loop, lane, slot);
    }
    return false;
}

TURN_INLINE bool turn_is_over(struct turn_loop *loop, const struct turn_style *style)
{
    bool exhausted = style->exhausted != NULL ? style->exhausted(loop) : loop->intake.exhausted;

    return exhausted && loop->intake.idle_count == loop->count;
}

TURN_INLINE bool turn_may_block(struct turn_loop *loop, const struct turn_style *style)
{
    return !style->any_ready(loop) && intake_may_block(&loop->intake, &loop->reactor) &&
           (style->may_block == NULL || style->may_block(loop));
}

TURN_INLINE int turn(struct turn_loop *loop, const struct turn_style *style)
{
    bool more;
    int err;

    loop->last_ns = clock_now_ns();
    style->run_ready(loop);
    more = turn_begin_tasks(loop, style);
    if (loop->reactor.broken != 0 || turn_is_over(loop, style))
        return loop->reactor.broken;
    if (style->before_poll != NULL)
        style->before_poll(loop);
    err = reactor_turn(&loop->reactor, !more && turn_may_block(loop, style));
    if (style->after_poll != NULL)
        style->after_poll(loop);
    return err;
}

// Takes turns until there are no more tasks and the last of this loop has ended. All lanes must be idle. 0 or -errno with
// trial_fail() called.
TURN_INLINE int turn_loop_run(struct turn_loop *loop, const struct turn_style *style)
{
    int err = 0;

    while (err == 0 && !turn_is_over(loop, style))
        err = turn(loop, style);
    return err;
}

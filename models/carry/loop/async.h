// SPDX-License-Identifier: MIT
// Coroutines and what they await: the two halves of the async model. async.c resumes them, async_steps.c has what each step
// awaits.
#pragma once

#include <stdlib.h>

#include "models/carry/loop/kin.h"
#include "models/carry/loop/step_context.h"
#include "models/carry/loop/turn.h"

// What resuming a coroutine came to: it awaits, or it returned a status ≥ 0.
#define PENDING (-1)

struct async_lane;

// The result of one awaited operation, to come.
struct future {
    struct timer_entry timer;
    struct async_lane *waiter;
    int status; // PENDING until it is resolved
};

// A coroutine's local state while it is suspended.
struct frame {
    const struct program *program;
    size_t index;          // of the step under way or next
    uint64_t left;         // repetitions of the list still to come
    struct frame *callee;  // the coroutine this one awaits
    struct future *future; // what the innermost one awaits
    uint64_t yields_left;  // of a yield: switches still to come
};

struct async_lane {
    struct queue_item item; // among the ready or the idle ones
    struct async_loop *loop;
    struct slot *slot;
    struct frame *root; // the task's outermost coroutine; NULL between tasks
    struct http_get *get;
    struct step_context *context; // NULL where the mix does without
    uint64_t free_ns;             // when the last task ended: the next one arrives then, in a closed loop
    uint32_t check;
    bool waited; // the task has awaited something
    bool child;  // a task's child: of its slot and free_ns there is nothing
};

struct async_loop {
    struct turn_loop turns;
    struct async_lane *lanes; // of tasks, and behind them of their children
    size_t lanes_bytes;
    uint32_t opened; // of them
    struct family family;
    struct queue
        ready; // to be resumed, first in, first out: those that the poll has woken behind those that yielded before
    struct trace_lane *traces; // of a traced trial, by lane; else NULL
    uint64_t frames_allocated, frames_freed, futures_allocated, resumptions;
};

// Each starts its step: PENDING, 0 when it is already complete, or a status.
typedef int async_step(struct async_lane *lane, struct frame *frame, const struct step *step);
extern async_step *async_steps[STEP_KIND_COUNT];

static inline void async_push_ready(struct async_lane *lane)
{
    queue_push_back(&lane->loop->ready, &lane->item);
}

// A coroutine that runs a program so many times; NULL when out of memory.
static inline struct frame *frame_new(struct async_loop *loop, const struct program *program, uint64_t times)
{
    struct frame *frame = malloc(sizeof *frame); // glibc's calloc does without the thread's own cache

    if (frame == NULL)
        return NULL;
    *frame = (struct frame){.program = program, .left = times - 1};
    loop->frames_allocated++;
    return frame;
}

// For frame_free() only: what the coroutine awaits.
void frame_free_awaited(struct async_loop *loop, struct frame *frame);

// Freed with all that it awaits; accepts NULL.
static inline void frame_free(struct async_loop *loop, struct frame *frame)
{
    if (frame == NULL)
        return;
    if (frame->callee != NULL || frame->future != NULL)
        frame_free_awaited(loop, frame);
    free(frame);
    loop->frames_freed++;
}

// The future of what is awaited; NULL when out of memory. It is the frame's.
struct future *async_await(struct async_lane *lane, struct frame *frame);

// Children (async_children.c): the step awaits a future that the last of them resolves.
async_step async_gather;
int async_children_open(struct async_loop *loop, uint32_t lanes, uint32_t children); // 0 or -ENOMEM
// The child's coroutine has returned, or is freed; its frames are the caller's to free.
void async_child_end(struct async_lane *lane, int status);
bool async_child_get(struct async_lane *lane);        // its connection; false: out of memory
void async_fetched(struct http_get *get, int status); // get->done of its lane

// Of a traced trial (async_trace.c): from now on steps are stamped. Where one waits, its end is once its lane goes on.
void async_trace_steps(void);

static inline struct trace_lane *async_trace(const struct async_lane *lane)
{
    return &lane->loop->traces[lane - lane->loop->lanes];
}

// What it awaited is there.
static inline void async_trace_ready(const struct async_lane *lane)
{
    if (__builtin_expect(lane->loop->turns.traced, 0))
        trace_ready(lane->loop->turns.trial, async_trace(lane));
}

// What the lane's steps need. 0 or -errno with trial_fail() called; close in any case, after the reactor.
int async_lane_open(struct async_lane *lane, uint32_t index);
void async_lane_close(struct async_lane *lane);

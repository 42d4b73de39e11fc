// SPDX-License-Identifier: MIT
// The callback style: each task is a state machine that a completion continues where it stopped. One loop on one thread;
// eventloop has one of them, eventloop-offload one with other step functions, eventloop-multi one for each core.
#pragma once

#include "models/carry/loop/kin.h"
#include "models/carry/loop/loop_kind.h"
#include "models/carry/loop/step_context.h"
#include "models/carry/loop/turn.h"

struct callback_loop;

// Where the state machine is in one (nested) list of steps.
struct callback_position {
    const struct program *program;
    size_t index;  // of the next step
    uint64_t left; // repetitions of this list still to come
};

struct callback_lane {
    struct timer_entry timer;
    struct queue_item item; // among the ready or the idle ones, or in a queue of the model's while it waits there
    struct callback_loop *loop;
    struct slot *slot;
    struct http_get *get;
    struct step_context *context; // NULL where the mix does without
    const struct step *step;      // under way elsewhere (offload)
    uint64_t free_ns;             // when the last task ended: the next one arrives then, in a closed loop
    uint64_t yields_left;         // of the yield step under way
    uint32_t check;
    unsigned depth;
    bool waited;                     // the task has waited for the reactor, or for the lock
    bool child;                      // a task's child: of its slot and free_ns there is nothing
    struct callback_position *stack; // trial->depth entries
};

// Starts its step and returns true when it is already complete; else callback_continue() is due once it is.
typedef bool callback_step(struct callback_lane *lane, const struct step *step);

struct callback_loop {
    struct turn_loop turns;
    callback_step *const *steps; // by kind
    void *own;                   // the model's
    struct callback_lane *lanes; // of tasks, and behind them of their children
    size_t lanes_bytes;
    struct callback_position *stacks;
    uint32_t opened;              // lanes
    callback_step *const *traced; // of a traced trial: the steps below those that stamp them
    struct trace_lane *traces;    // then, by lane; else NULL
    struct family family;
    struct queue
        ready; // to be continued, first in, first out; what a poll has woken is continued at once, by its callback
};

extern callback_step *const callback_steps[STEP_KIND_COUNT];

// A loop with its share of the lanes, on the calling thread. 0 or -errno with trial_fail() called; close in any case.
int callback_loop_open(struct callback_loop *loop, struct trial *trial, const struct share *share,
                       callback_step *const *steps, void *own);

// Carries tasks until none is left to claim and the last of this loop has ended. 0 or -errno with trial_fail() called.
int callback_loop_run(struct callback_loop *loop);

void callback_loop_close(struct callback_loop *loop);

// The loop with the steps above (eventloop, eventloop-multi).
extern const struct loop_kind callback_loop_kind;

// For callbacks.c and callback_children.c only. Ends the lane's task or child, with that status.
void callback_end(struct callback_lane *lane, int status);
void callback_fetched(struct http_get *get, int status);                                   // get->done of its lane
int callback_children_open(struct callback_loop *loop, uint32_t lanes, uint32_t children); // 0 or -ENOMEM
bool callback_is_cancelled(const struct callback_lane *lane); // it is a child, which is to do nothing more
callback_step callback_gather;
void callback_child_end(struct callback_lane *lane, int status);
bool callback_child_get(struct callback_lane *lane); // its connection; false: out of memory

// Of a traced trial (callback_trace.c): the steps that stamp those below them, and what is stamped of a lane.
extern callback_step *const callback_traced_steps[STEP_KIND_COUNT];

static inline struct trace_lane *callback_trace(const struct callback_lane *lane)
{
    return &lane->loop->traces[lane - lane->loop->lanes];
}

// The step that the lane waited for is complete; to be called from the loop's thread, not from within the step function.
void callback_continue(struct callback_lane *lane);

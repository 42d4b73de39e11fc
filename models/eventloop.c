// SPDX-License-Identifier: MIT
// Callbacks on one thread: each task is a state machine that a completion continues where it stopped.
#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "models/http_get.h"
#include "models/model.h"
#include "models/reactor.h"
#include "workloads/compute.h"

// Where the state machine is in one (nested) list of steps.
struct position {
    const struct program *program;
    size_t index;      // of the next step
    uint64_t left;     // repetitions of this list still to come
};

struct event_lane {
    struct timer_entry timer;
    struct event_loop *loop;
    struct event_lane *next; // in the ready queue
    struct slot *slot;
    struct http_get *get;
    struct claim claim;
    uint64_t yields_left; // of the yield step under way
    uint32_t check;
    unsigned depth;
    bool waited;            // the task has waited for the reactor
    struct position *stack; // trial->depth entries
};

struct event_loop {
    struct trial *trial;
    struct reactor reactor;
    struct event_lane *lanes;
    struct position *stacks;
    uint32_t opened;
    struct event_lane *ready, **ready_end; // lanes to be continued, first in, first out
    uint32_t ended;   // tasks
    uint64_t last_ns; // the newest stamp, to bound a slice without reading the clock
};

static void push_ready(struct event_lane *lane)
{
    lane->next = NULL;
    *lane->loop->ready_end = lane;
    lane->loop->ready_end = &lane->next;
}

static void begin_task(struct event_lane *lane);

// The lane's next task, at once or when its turn comes.
static void claim_next(struct event_lane *lane)
{
    lane->slot = trial_claim(lane->loop->trial, &lane->claim);
    if (lane->slot == NULL)
        return;
    if (lane->waited)
        begin_task(lane);
    else
        push_ready(lane);
}

static void end_task(struct event_lane *lane, int status)
{
    lane->claim.free_ns = trial_end(lane->loop->trial, lane->slot, status, lane->check);
    lane->loop->last_ns = lane->claim.free_ns;
    lane->loop->ended++;
    claim_next(lane);
}

// Each starts its step and returns true when it is already complete.
typedef bool event_step(struct event_lane *lane, const struct step *step);

static bool step_sleep(struct event_lane *lane, const struct step *step)
{
    lane->waited = true;
    reactor_sleep(&lane->loop->reactor, step->arg, &lane->timer);
    return false;
}

static bool step_fetch(struct event_lane *lane, const struct step *step)
{
    lane->waited = true;
    reactor_fetch(&lane->loop->reactor, lane->get, step);
    return false;
}

static bool step_compute(struct event_lane *lane, const struct step *step)
{
    lane->check += compute((unsigned)step->arg);
    return true;
}

static bool step_block(struct event_lane *lane, const struct step *step)
{
    (void)lane;
    clock_sleep_until_ns(clock_now_ns() + step->arg);
    return true;
}

static bool step_yield(struct event_lane *lane, const struct step *step)
{
    lane->yields_left = step->arg - 1;
    push_ready(lane);
    return false;
}

static bool step_call(struct event_lane *lane, const struct step *step)
{
    if (step->arg > 0)
        lane->stack[++lane->depth] = (struct position){.program = step->callee, .left = step->arg - 1};
    return true;
}

static event_step *const event_steps[STEP_KIND_COUNT] = {
    [STEP_SLEEP] = step_sleep,
    [STEP_FETCH] = step_fetch,
    [STEP_COMPUTE] = step_compute,
    [STEP_BLOCK] = step_block,
    [STEP_YIELD] = step_yield,
    [STEP_CALL] = step_call,
};

// Carries on until the task waits or ends.
static void continue_task(struct event_lane *lane)
{
    for (;;) {
        struct position *position = &lane->stack[lane->depth];
        const struct step *step;

        if (position->index == position->program->length) {
            if (position->left > 0) {
                position->left--;
                position->index = 0;
            } else if (lane->depth == 0) {
                end_task(lane, 0);
                return;
            } else {
                lane->depth--;
            }
            continue;
        }
        step = &position->program->steps[position->index++];
        if (!event_steps[step->kind](lane, step))
            return;
    }
}

static void begin_task(struct event_lane *lane)
{
    struct trial *trial = lane->loop->trial;

    lane->check = 0;
    lane->depth = 0;
    lane->waited = false;
    lane->stack[0] = (struct position){.program = trial_program(trial, lane->slot)};
    trial_begin(trial, lane->slot, lane->claim.free_ns);
    lane->loop->last_ns = lane->slot->begin_ns;
    continue_task(lane);
}

static void on_timer(struct timer_entry *entry)
{
    continue_task((struct event_lane *)entry);
}

static void on_fetched(struct http_get *get, int status)
{
    struct event_lane *lane = get->owner;

    lane->check += get->check;
    if (status != 0)
        end_task(lane, status);
    else
        continue_task(lane);
}

// One slice of ready work between two polls.
static void run_ready(struct event_loop *loop)
{
    uint64_t slice_end_ns = loop->last_ns + REACTOR_SLICE_NS;

    for (unsigned n = 0; n < REACTOR_BUDGET && loop->ready != NULL && loop->last_ns < slice_end_ns; n++) {
        struct event_lane *lane = loop->ready;

        loop->ready = lane->next;
        if (loop->ready == NULL)
            loop->ready_end = &loop->ready;
        if (lane->slot->begin_ns == 0) {
            begin_task(lane);
        } else if (lane->yields_left > 0) {
            lane->yields_left--;
            push_ready(lane);
        } else {
            continue_task(lane);
        }
    }
}

static int open_lane(struct event_loop *loop, struct event_lane *lane)
{
    struct trial *trial = loop->trial;

    lane->loop = loop;
    lane->timer.fire = on_timer;
    lane->stack = loop->stacks + (size_t)loop->opened * trial->depth;
    if (trial->kinds & STEP_BIT(STEP_FETCH)) {
        int err = http_get_open(trial, &lane->get);

        if (err != 0)
            return err;
        lane->get->owner = lane;
        lane->get->done = on_fetched;
        reactor_assign(&loop->reactor, lane->get, loop->opened);
    }
    loop->opened++;
    return 0;
}

static int eventloop_open(struct trial *trial)
{
    struct event_loop *loop = calloc(1, sizeof *loop);
    int err;

    trial->state = loop;
    if (loop == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    loop->trial = trial;
    loop->ready_end = &loop->ready;
    loop->lanes = calloc(trial->lanes, sizeof *loop->lanes);
    loop->stacks = calloc((size_t)trial->lanes * trial->depth, sizeof *loop->stacks);
    if (loop->lanes == NULL || loop->stacks == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory for %u lanes", trial->lanes);
    err = reactor_open(&loop->reactor, trial, trial->lanes);
    while (err == 0 && loop->opened < trial->lanes)
        err = open_lane(loop, &loop->lanes[loop->opened]);
    return err;
}

static int eventloop_run(struct trial *trial)
{
    struct event_loop *loop = trial->state;

    loop->last_ns = trial->run_start_ns;
    for (uint32_t i = 0; i < trial->lanes; i++) {
        loop->lanes[i].claim.free_ns = trial->run_start_ns;
        claim_next(&loop->lanes[i]);
    }
    for (;;) {
        run_ready(loop);
        if (loop->ended == trial->tasks)
            return 0;
        if (reactor_turn(&loop->reactor, loop->ready == NULL) != 0)
            return loop->reactor.broken;
    }
}

static void eventloop_close(struct trial *trial)
{
    struct event_loop *loop = trial->state;

    if (loop == NULL)
        return;
    reactor_close(&loop->reactor);
    for (uint32_t i = 0; i < loop->opened; i++)
        http_get_close(loop->lanes[i].get);
    free(loop->stacks);
    free(loop->lanes);
    free(loop);
    trial->state = NULL;
}

const struct model model_eventloop = {
    .name = "eventloop",
    .kin = "Twisted, Node: callbacks",
    .summary = "one thread, one event loop, callbacks",
    .about = "One thread with an event loop (libuv). A task that must wait registers a callback and returns; the loop runs "
             "whatever is ready next. So one thread keeps thousands of tasks in flight, at a few dozen bytes each and without a "
             "switch through the kernel. But a task that computes, or calls something that blocks, stops all others, and a "
             "second core is never used. Written in this style a program becomes a set of callbacks. Twisted and Node.js work "
             "so.",
    .example = "ccbench --model=threads,eventloop --workload=sleep:50ms --tasks=1000 --concurrency=1000",
    .can = STEP_ALL,
    .open = eventloop_open,
    .run = eventloop_run,
    .close = eventloop_close,
};

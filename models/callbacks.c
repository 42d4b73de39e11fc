// SPDX-License-Identifier: MIT
#include "models/callbacks.h"

#include <errno.h>
#include <stdlib.h>

#include "models/http_get.h"
#include "workloads/compute.h"

static void push_ready(struct callback_lane *lane)
{
    lane->next = NULL;
    *lane->loop->ready_end = lane;
    lane->loop->ready_end = &lane->next;
}

static void begin_task(struct callback_lane *lane);

// The lane's next task, at once or when its turn comes.
static void claim_next(struct callback_lane *lane)
{
    lane->slot = trial_claim(lane->loop->trial, &lane->claim);
    if (lane->slot == NULL) {
        lane->loop->active--;
        return;
    }
    if (lane->waited)
        begin_task(lane);
    else
        push_ready(lane);
}

static void end_task(struct callback_lane *lane, int status)
{
    lane->claim.free_ns = trial_end(lane->loop->trial, lane->slot, status, lane->check);
    lane->loop->last_ns = lane->claim.free_ns;
    claim_next(lane);
}

static bool step_sleep(struct callback_lane *lane, const struct step *step)
{
    lane->waited = true;
    reactor_sleep(&lane->loop->reactor, step->arg, &lane->timer);
    return false;
}

static bool step_fetch(struct callback_lane *lane, const struct step *step)
{
    lane->waited = true;
    reactor_fetch(&lane->loop->reactor, lane->get, step);
    return false;
}

static bool step_compute(struct callback_lane *lane, const struct step *step)
{
    lane->check += compute_repeated((unsigned)step->arg, step->times);
    return true;
}

static bool step_block(struct callback_lane *lane, const struct step *step)
{
    (void)lane;
    clock_sleep_until_ns(clock_now_ns() + step->arg);
    return true;
}

static bool step_yield(struct callback_lane *lane, const struct step *step)
{
    lane->yields_left = step->arg - 1;
    push_ready(lane);
    return false;
}

static bool step_call(struct callback_lane *lane, const struct step *step)
{
    if (step->arg > 0)
        lane->stack[++lane->depth] = (struct callback_position){.program = step->callee, .left = step->arg - 1};
    return true;
}

callback_step *const callback_steps[STEP_KIND_COUNT] = {
    [STEP_SLEEP] = step_sleep,
    [STEP_FETCH] = step_fetch,
    [STEP_COMPUTE] = step_compute,
    [STEP_BLOCK] = step_block,
    [STEP_YIELD] = step_yield,
    [STEP_CALL] = step_call,
};

// Carries on until the task waits or ends.
void callback_continue(struct callback_lane *lane)
{
    for (;;) {
        struct callback_position *position = &lane->stack[lane->depth];
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
        if (!lane->loop->steps[step->kind](lane, step))
            return;
    }
}

static void begin_task(struct callback_lane *lane)
{
    struct trial *trial = lane->loop->trial;

    lane->check = 0;
    lane->depth = 0;
    lane->waited = false;
    lane->stack[0] = (struct callback_position){.program = trial_program(trial, lane->slot)};
    trial_begin(trial, lane->slot, lane->claim.free_ns);
    lane->loop->last_ns = lane->slot->begin_ns;
    callback_continue(lane);
}

static void on_timer(struct timer_entry *entry)
{
    callback_continue((struct callback_lane *)entry);
}

static void on_fetched(struct http_get *get, int status)
{
    struct callback_lane *lane = get->owner;

    lane->check += get->check;
    if (status != 0)
        end_task(lane, status);
    else
        callback_continue(lane);
}

// One slice of ready work between two polls.
static void run_ready(struct callback_loop *loop)
{
    uint64_t slice_end_ns = loop->last_ns + REACTOR_SLICE_NS;

    for (unsigned n = 0; n < REACTOR_BUDGET && loop->ready != NULL && loop->last_ns < slice_end_ns; n++) {
        struct callback_lane *lane = loop->ready;

        loop->ready = lane->next;
        if (loop->ready == NULL)
            loop->ready_end = &loop->ready;
        if (lane->slot->begin_ns == 0) {
            begin_task(lane);
        } else if (lane->yields_left > 0) {
            lane->yields_left--;
            push_ready(lane);
        } else {
            callback_continue(lane);
        }
    }
}

static int open_lane(struct callback_loop *loop, struct callback_lane *lane)
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

int callback_loop_open(struct callback_loop *loop, struct trial *trial, uint32_t count, callback_step *const *steps, void *own)
{
    int err;

    *loop = (struct callback_loop){.trial = trial, .steps = steps, .own = own, .count = count};
    loop->ready_end = &loop->ready;
    loop->lanes = calloc(count, sizeof *loop->lanes);
    loop->stacks = calloc((size_t)count * trial->depth, sizeof *loop->stacks);
    if (loop->lanes == NULL || loop->stacks == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory for %u lanes", count);
    err = reactor_open(&loop->reactor, trial, count);
    while (err == 0 && loop->opened < count)
        err = open_lane(loop, &loop->lanes[loop->opened]);
    return err;
}

int callback_loop_run(struct callback_loop *loop)
{
    loop->last_ns = loop->trial->run_start_ns;
    loop->active = loop->count;
    for (uint32_t i = 0; i < loop->count; i++) {
        loop->lanes[i].claim.free_ns = loop->trial->run_start_ns;
        claim_next(&loop->lanes[i]);
    }
    for (;;) {
        run_ready(loop);
        if (loop->active == 0)
            return 0;
        if (reactor_turn(&loop->reactor, loop->ready == NULL) != 0)
            return loop->reactor.broken;
    }
}

void callback_loop_close(struct callback_loop *loop)
{
    reactor_close(&loop->reactor);
    for (uint32_t i = 0; i < loop->opened; i++)
        http_get_close(loop->lanes[i].get);
    free(loop->stacks);
    free(loop->lanes);
    loop->stacks = NULL;
    loop->lanes = NULL;
    loop->opened = 0;
}

// SPDX-License-Identifier: MIT
#include "models/carry/loop/callbacks.h"

#include <errno.h>
#include <stdlib.h>

#include "models/carry/http_get.h"
#include "workloads/program/compute.h"

static struct callback_lane *lane_of_item(struct queue_item *item)
{
    return CONTAINER_OF(item, struct callback_lane, item);
}

static void push_ready(struct callback_lane *lane)
{
    queue_push_back(&lane->loop->ready, &lane->item);
}

static void begin_task(struct callback_lane *lane, struct slot *slot);

static void end_task(struct callback_lane *lane, int status)
{
    struct callback_loop *loop = lane->loop;
    struct slot *next = NULL;

    step_context_settle(lane->context);
    lane->free_ns = trial_end(loop->trial, lane->slot, status, lane->check);
    loop->last_ns = lane->free_ns;
    if (lane->waited)
        next = intake_next(&loop->intake, loop->last_ns);
    if (next != NULL)
        begin_task(lane, next);
    else
        intake_rest(&loop->intake, &lane->item);
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

// A look at the clock after what may have taken long, so that a slice ends in time.
static bool step_compute(struct callback_lane *lane, const struct step *step)
{
    lane->check += compute_repeated((unsigned)step->arg, step->times);
    if (step->arg >= REACTOR_COMPUTES_N || step->times > 1)
        lane->loop->last_ns = clock_now_ns();
    return true;
}

static bool step_block(struct callback_lane *lane, const struct step *step)
{
    clock_sleep_until_ns(clock_now_ns() + step->arg);
    lane->loop->last_ns = clock_now_ns();
    return true;
}

static bool step_yield(struct callback_lane *lane, const struct step *step)
{
    lane->yields_left = step->arg - 1;
    push_ready(lane);
    return false;
}

static bool step_read(struct callback_lane *lane, const struct step *step)
{
    lane->waited = true;
    file_read_start(lane->context->read, step);
    return false;
}

static bool step_inline(struct callback_lane *lane, const struct step *step)
{
    lane->check += step_context_run(lane->context, step);
    return true;
}

static bool step_lock(struct callback_lane *lane, const struct step *step)
{
    (void)step;
    if (step_context_lock(lane->context))
        return true;
    lane->waited = true;
    return false;
}

static bool step_unlock(struct callback_lane *lane, const struct step *step)
{
    (void)step;
    step_context_unlock(lane->context);
    return true;
}

static bool step_call(struct callback_lane *lane, const struct step *step)
{
    if (step->arg > 0)
        lane->stack[++lane->depth] = (struct callback_position){.program = step->callee, .left = step->arg - 1};
    return true;
}

#define STEP_INLINE(id, function) [STEP_##id] = step_inline,

callback_step *const callback_steps[STEP_KIND_COUNT] = {
    [STEP_SLEEP] = step_sleep,
    [STEP_FETCH] = step_fetch,
    [STEP_COMPUTE] = step_compute,
    [STEP_BLOCK] = step_block,
    [STEP_YIELD] = step_yield,
    [STEP_READ] = step_read,
    LANE_STEPS(STEP_INLINE)
    [STEP_LOCK] = step_lock,
    [STEP_UNLOCK] = step_unlock,
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

static void begin_task(struct callback_lane *lane, struct slot *slot)
{
    struct callback_loop *loop = lane->loop;

    lane->slot = slot;
    lane->check = 0;
    lane->depth = 0;
    lane->waited = false;
    lane->stack[0] = (struct callback_position){.program = trial_program(loop->trial, slot)};
    trial_begin(loop->trial, slot, lane->free_ns);
    loop->last_ns = slot->begin_ns;
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

static void on_read(struct file_read *read, int status)
{
    struct callback_lane *lane = read->owner;

    lane->check += read->check;
    if (status != 0)
        end_task(lane, status);
    else
        callback_continue(lane);
}

static void on_locked(struct continuation *continuation)
{
    push_ready(step_context_locked(continuation)->lane.own);
}

// One slice of what is ready.
static void run_ready(struct callback_loop *loop)
{
    uint64_t slice_end_ns = loop->last_ns + REACTOR_SLICE_NS;

    for (unsigned n = 0; n < REACTOR_BUDGET && loop->ready.first != NULL && loop->last_ns < slice_end_ns; n++) {
        struct callback_lane *lane = lane_of_item(queue_pop(&loop->ready));

        if (lane->yields_left > 0) {
            lane->yields_left--;
            push_ready(lane);
        } else {
            callback_continue(lane);
        }
    }
}

// One slice of beginnings, in idle lanes. Returns whether there may be more to begin.
static bool begin_tasks(struct callback_loop *loop)
{
    uint64_t slice_end_ns = loop->last_ns + REACTOR_SLICE_NS;

    for (unsigned n = 0; loop->intake.idle_count > 0; n++) {
        struct slot *slot;

        if (n == REACTOR_BUDGET || loop->last_ns >= slice_end_ns)
            return true;
        slot = intake_next(&loop->intake, loop->last_ns);
        if (slot == NULL)
            return false;
        begin_task(lane_of_item(intake_lane(&loop->intake)), slot);
    }
    return false;
}

static int open_lane(struct callback_loop *loop, struct callback_lane *lane, uint32_t index)
{
    struct trial *trial = loop->trial;
    int err = 0;

    lane->loop = loop;
    lane->timer.fire = on_timer;
    lane->stack = loop->stacks + (size_t)loop->opened * trial->depth;
    loop->opened++;
    err = step_context_open(&loop->reactor, index, lane, on_locked, on_read, &lane->context);
    if (err == 0 && trial->kinds & STEP_BIT(STEP_FETCH)) {
        err = http_get_open(trial, &lane->get);
        if (err != 0)
            return err;
        lane->get->owner = lane;
        lane->get->done = on_fetched;
        reactor_assign(&loop->reactor, lane->get, loop->opened - 1);
    }
    return err;
}

int callback_loop_open(struct callback_loop *loop, struct trial *trial, const struct share *share, callback_step *const *steps,
                       void *own)
{
    int err;

    *loop = (struct callback_loop){.trial = trial, .steps = steps, .own = own, .count = share->lanes};
    intake_init(&loop->intake, trial);
    queue_init(&loop->ready);
    loop->lanes = calloc(loop->count, sizeof *loop->lanes);
    loop->stacks = calloc((size_t)loop->count * trial->depth, sizeof *loop->stacks);
    if (loop->lanes == NULL || loop->stacks == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory for %u lanes", loop->count);
    err = reactor_open(&loop->reactor, trial, share);
    while (err == 0 && loop->opened < loop->count)
        err = open_lane(loop, &loop->lanes[loop->opened], share->first + loop->opened);
    return err;
}

static bool is_over(const struct callback_loop *loop)
{
    return loop->intake.exhausted && loop->intake.idle_count == loop->count;
}

static int turn(struct callback_loop *loop)
{
    bool more, blocks;

    loop->last_ns = clock_now_ns();
    run_ready(loop);
    more = begin_tasks(loop);
    if (is_over(loop))
        return 0;
    blocks = !more && loop->ready.first == NULL && intake_may_block(&loop->intake, &loop->reactor);
    return reactor_turn(&loop->reactor, blocks);
}

int callback_loop_run(struct callback_loop *loop)
{
    int err = 0;

    for (uint32_t i = 0; i < loop->count; i++) {
        loop->lanes[i].free_ns = loop->trial->run_start_ns;
        intake_rest(&loop->intake, &loop->lanes[i].item);
    }
    while (err == 0 && !is_over(loop))
        err = turn(loop);
    return err;
}

void callback_loop_close(struct callback_loop *loop)
{
    reactor_close(&loop->reactor);
    for (uint32_t i = 0; i < loop->opened; i++) {
        step_context_close(loop->lanes[i].context);
        http_get_close(loop->lanes[i].get);
    }
    free(loop->stacks);
    free(loop->lanes);
    loop->stacks = NULL;
    loop->lanes = NULL;
    loop->opened = 0;
}

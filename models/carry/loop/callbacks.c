// SPDX-License-Identifier: MIT
#include "models/carry/loop/callbacks.h"

#include <errno.h>
#include <stdlib.h>

#include "measure/base/task_status.h"

#include "models/carry/http_get.h"
#include "models/carry/lane_memory.h"

static bool any_ready(const struct turn_loop *turns);
static void run_ready(struct turn_loop *turns);
static void begin(struct turn_loop *turns, struct queue_item *item, struct slot *slot);

static const struct turn_style style = {.any_ready = any_ready, .run_ready = run_ready, .begin = begin};

static struct callback_lane *lane_of_item(struct queue_item *item)
{
    return CONTAINER_OF(item, struct callback_lane, item);
}

static void push_ready(struct callback_loop *loop, struct callback_lane *lane)
{
    queue_push_back(&loop->ready, &lane->item);
}

TURN_INLINE void begin_task(struct turn_loop *turns, struct callback_lane *lane, struct slot *slot);

TURN_INLINE void end_task(struct callback_lane *lane, int status)
{
    struct turn_loop *turns = &lane->loop->turns;
    struct slot *next;
    uint64_t end_ns;

    if (__builtin_expect(lane->child, 0)) {
        callback_child_end(lane, status);
        return;
    }
    step_context_settle(lane->context);
    if (trial_end(turns->trial, lane->slot, status, lane->check, &end_ns))
        trace_end_task(turns->trial, callback_trace(lane), lane->slot);
    lane->free_ns = turns->last_ns = end_ns;
    next = turn_end_task(turns, &style, &lane->item, lane->waited);
    if (next != NULL)
        begin_task(turns, lane, next);
}

void callback_end(struct callback_lane *lane, int status)
{
    end_task(lane, status);
}

static bool step_sleep(struct callback_lane *lane, const struct step *step)
{
    lane->waited = true;
    reactor_sleep(&lane->loop->turns.reactor, step->arg, &lane->timer);
    return false;
}

static bool step_fetch(struct callback_lane *lane, const struct step *step)
{
    if (lane->get == NULL && !callback_child_get(lane)) {
        callback_child_end(lane, task_status_from_errno(ENOMEM));
        return false;
    }
    lane->waited = true;
    reactor_fetch(&lane->loop->turns.reactor, lane->get, step);
    return false;
}

static bool step_compute(struct callback_lane *lane, const struct step *step)
{
    lane->check += turn_compute(&lane->loop->turns, step);
    return true;
}

static bool step_block(struct callback_lane *lane, const struct step *step)
{
    turn_block(&lane->loop->turns, step);
    return true;
}

static bool step_yield(struct callback_lane *lane, const struct step *step)
{
    lane->yields_left = step->arg - 1;
    push_ready(lane->loop, lane);
    return false;
}

static bool step_read(struct callback_lane *lane, const struct step *step)
{
    lane->waited = true;
    file_read_start(lane->context->read, step);
    return false;
}

// Whether the task goes on after a step with that status.
static bool goes_on(struct callback_lane *lane, int status)
{
    if (status != 0)
        end_task(lane, status);
    return status == 0;
}

static bool step_inline(struct callback_lane *lane, const struct step *step)
{
    return goes_on(lane, step_context_run(lane->context, step, &lane->check));
}

static bool step_lock(struct callback_lane *lane, const struct step *step)
{
    struct step_context *context = lane->context;
    int status = context->again ? context->status : step_context_lock(context, step);

    context->again = false;
    if (status != LANE_PARK)
        return goes_on(lane, status);
    lane->waited = true;
    return false;
}

static bool step_unlock(struct callback_lane *lane, const struct step *step)
{
    return goes_on(lane, step_context_unlock(lane->context, step->kind));
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
    [STEP_LOCK] = step_lock,
    [STEP_UNLOCK] = step_unlock,
    [STEP_CALL] = step_call,
    [STEP_LOCK_FILE] = step_lock,
    [STEP_UNLOCK_FILE] = step_unlock,
    [STEP_GATHER] = callback_gather,
    LANE_FILE_STEPS(STEP_INLINE) LANE_STEPS(STEP_INLINE) // none of them waits
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

TURN_INLINE void begin_task(struct turn_loop *turns, struct callback_lane *lane, struct slot *slot)
{
    lane->slot = slot;
    lane->check = 0;
    lane->depth = 0;
    lane->waited = false;
    lane->stack[0] = (struct callback_position){.program = trial_program(turns->trial, slot)};
    if (trial_begin(turns->trial, slot, lane->free_ns))
        trace_begin_task(turns->trial, callback_trace(lane), slot);
    turns->last_ns = slot->begin_ns;
    callback_continue(lane);
}

static void on_timer(struct timer_entry *entry)
{
    callback_continue((struct callback_lane *)entry);
}

void callback_fetched(struct http_get *get, int status)
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
    struct step_context *context = step_context_handed(continuation);
    struct callback_lane *lane = context->lane.own;

    if (lane->loop->turns.traced)
        trace_ready(lane->loop->turns.trial, callback_trace(lane));
    if (!callback_is_cancelled(lane)) {
        context->again = true;
        lane->stack[lane->depth].index--;
    }
    push_ready(lane->loop, lane);
}

static void begin(struct turn_loop *turns, struct queue_item *item, struct slot *slot)
{
    begin_task(turns, lane_of_item(item), slot);
}

static bool any_ready(const struct turn_loop *turns)
{
    return CONTAINER_OF(turns, struct callback_loop, turns)->ready.first != NULL;
}

static void run_ready(struct turn_loop *turns)
{
    struct callback_loop *loop = CONTAINER_OF(turns, struct callback_loop, turns);
    struct slice slice = turn_begin_slice(turns);

    slice.woken = 0; // those have been continued by the poll
    for (uint32_t n = 0; loop->ready.first != NULL && turn_goes_on(turns, &slice, n); n++) {
        struct callback_lane *lane = lane_of_item(queue_pop(&loop->ready));

        if (lane->yields_left > 0) {
            lane->yields_left--;
            push_ready(loop, lane);
        } else {
            callback_continue(lane);
        }
    }
}

// A traced yield is a list of its own.
static unsigned stack_depth(const struct trial *trial)
{
    return trial->depth + (trial->trace != NULL);
}

static int open_lane(struct callback_loop *loop, struct callback_lane *lane, uint32_t index)
{
    struct trial *trial = loop->turns.trial;
    int err;

    lane->loop = loop;
    lane->timer.fire = on_timer;
    lane->stack = loop->stacks + (size_t)loop->opened * stack_depth(trial);
    loop->opened++;
    err = step_context_open(&loop->turns.reactor, index, lane, on_locked, on_read, &lane->context);
    if (err == 0 && trial->kinds & STEP_BIT(STEP_FETCH) && !lane->child) {
        err = http_get_open(trial, &lane->get);
        if (err != 0)
            return err;
        lane->get->owner = lane;
        lane->get->done = callback_fetched;
        reactor_assign(&loop->turns.reactor, lane->get, loop->opened - 1);
    }
    return err;
}

int callback_loop_open(struct callback_loop *loop, struct trial *trial, const struct share *share,
                       callback_step *const *steps, void *own)
{
    uint32_t children = share->lanes * trial->children, all = share->lanes + children;
    int err;

    *loop = (struct callback_loop){
        .steps = trial->trace != NULL ? callback_traced_steps : steps, .traced = steps, .own = own};
    queue_init(&loop->ready);
    loop->lanes_bytes = all * sizeof *loop->lanes;
    loop->lanes = lane_memory_new(loop->lanes_bytes);
    loop->stacks = calloc((size_t)all * stack_depth(trial), sizeof *loop->stacks);
    if (trial->trace != NULL)
        loop->traces = trace_lanes_new(share->first, share->lanes, children);
    if (loop->lanes == NULL || loop->stacks == NULL || (trial->trace != NULL && loop->traces == NULL) ||
        callback_children_open(loop, share->lanes, children) != 0)
        return trial_fail(trial, -ENOMEM, "out of memory for %u tasks in flight", share->lanes);
    err = turn_loop_open(&loop->turns, trial, share);
    for (uint32_t i = 0; err == 0 && i < all; i++) {
        loop->lanes[i].child = i >= share->lanes;
        err = open_lane(loop, &loop->lanes[i], i < share->lanes ? share->first + i : trial->lanes + i);
    }
    return err;
}

int callback_loop_run(struct callback_loop *loop)
{
    intake_rest_all(&loop->turns.intake, &loop->lanes->item, &loop->lanes->free_ns, loop->turns.count,
                    sizeof *loop->lanes);
    return turn_loop_run(&loop->turns, &style);
}

void callback_loop_close(struct callback_loop *loop)
{
    reactor_close(&loop->turns.reactor);
    // What the first has not, none has: lanes whose tasks only wait are not looked at again, a million cache misses.
    if (loop->opened > 0 && loop->lanes->context == NULL && loop->lanes->get == NULL)
        loop->opened = 0;
    for (uint32_t i = 0; i < loop->opened; i++) {
        step_context_close(loop->lanes[i].context);
        if (!loop->lanes[i].child)
            http_get_close(loop->lanes[i].get);
    }
    family_close(&loop->family);
    free(loop->traces);
    free(loop->stacks);
    lane_memory_free(loop->lanes, loop->lanes_bytes);
    loop->stacks = NULL;
    loop->traces = NULL;
    loop->lanes = NULL;
    loop->opened = 0;
}

static int open_loop(void *loop, struct trial *trial, const struct share *share)
{
    return callback_loop_open(loop, trial, share, callback_steps, NULL);
}

static int run_loop(void *loop)
{
    return callback_loop_run(loop);
}

static void stop_loop(void *loop)
{
    reactor_stop(&((struct callback_loop *)loop)->turns.reactor);
}

static void close_loop(void *loop)
{
    callback_loop_close(loop);
}

const struct loop_kind callback_loop_kind = {
    .loop_bytes = sizeof(struct callback_loop),
    .open = open_loop,
    .run = run_loop,
    .stop = stop_loop,
    .close = close_loop,
};

// SPDX-License-Identifier: MIT
// What each step awaits. A step that waits makes a future; whatever completes it only queues its task.
#include <errno.h>
#include <stdlib.h>

#include "measure/base/task_status.h"
#include "models/carry/http_get.h"
#include "models/carry/loop/async.h"

void frame_free_awaited(struct async_loop *loop, struct frame *frame)
{
    frame_free(loop, frame->callee);
    free(frame->future);
}

// A future's completion only queues its task: what runs, runs from the loop.
static void resolve(struct future *future, int status)
{
    future->status = status;
    async_trace_ready(future->waiter);
    future->waiter->loop->turns.woken++;
    async_push_ready(future->waiter);
}

static void on_timer(struct timer_entry *entry)
{
    resolve((struct future *)entry, 0);
}

void async_fetched(struct http_get *get, int status)
{
    struct future *future = get->owner;

    future->waiter->check += get->check;
    resolve(future, status);
}

static void on_read(struct file_read *read, int status)
{
    struct async_lane *lane = read->owner;

    lane->check += read->check;
    resolve(lane->context->awaits, status);
}

static void on_locked(struct continuation *continuation)
{
    struct step_context *context = step_context_handed(continuation);

    resolve(context->awaits, context->status);
}

struct future *async_await(struct async_lane *lane, struct frame *frame)
{
    struct future *future = malloc(sizeof *future);

    if (future == NULL)
        return NULL;
    *future = (struct future){.timer.fire = on_timer, .waiter = lane, .status = PENDING};
    lane->loop->futures_allocated++;
    lane->waited = true;
    frame->future = future;
    return future;
}

static int step_sleep(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    struct future *future = async_await(lane, frame);

    if (future == NULL)
        return task_status_from_errno(ENOMEM);
    reactor_sleep(&lane->loop->turns.reactor, step->arg, &future->timer);
    return PENDING;
}

static int step_fetch(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    struct future *future = async_await(lane, frame);

    if (future == NULL || (lane->get == NULL && !async_child_get(lane)))
        return task_status_from_errno(ENOMEM);
    lane->get->owner = future;
    reactor_fetch(&lane->loop->turns.reactor, lane->get, step);
    return PENDING;
}

static int step_read(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    lane->context->awaits = async_await(lane, frame);
    if (lane->context->awaits == NULL)
        return task_status_from_errno(ENOMEM);
    file_read_start(lane->context->read, step);
    return PENDING;
}

static int step_compute(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    lane->check += turn_compute(&lane->loop->turns, step);
    return 0;
}

static int step_block(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    turn_block(&lane->loop->turns, step);
    return 0;
}

// sleep(0): no future, straight to the back of the queue.
static int step_yield(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    frame->yields_left = step->arg - 1;
    async_push_ready(lane);
    return PENDING;
}

static int step_inline(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    return step_context_run(lane->context, step, &lane->check);
}

// The future first, and then its place in the list: a task without memory to wait with must not be handed the lock. Nobody
// gives it up in between, for there is only this thread.
static int step_lock(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    int status = step_context_try_lock(lane->context, step);

    if (status != LANE_PARK)
        return status;
    lane->context->awaits = async_await(lane, frame);
    if (lane->context->awaits == NULL)
        return task_status_from_errno(ENOMEM);
    (void)step_context_lock(lane->context, step);
    return PENDING;
}

static int step_unlock(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    return step_context_unlock(lane->context, step->kind);
}

static int step_call(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    if (step->arg == 0)
        return 0;
    frame->callee = frame_new(lane->loop, step->callee, step->arg);
    return frame->callee != NULL ? 0 : task_status_from_errno(ENOMEM);
}

#define STEP_INLINE(id, function) [STEP_##id] = step_inline,

async_step *async_steps[STEP_KIND_COUNT] = {
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
    [STEP_GATHER] = async_gather,
    LANE_FILE_STEPS(STEP_INLINE) LANE_STEPS(STEP_INLINE) // none of them waits
};

int async_lane_open(struct async_lane *lane, uint32_t index)
{
    struct async_loop *loop = lane->loop;
    int err = step_context_open(&loop->turns.reactor, index, lane, on_locked, on_read, &lane->context);

    if (err == 0 && loop->turns.trial->kinds & STEP_BIT(STEP_FETCH) && !lane->child) {
        err = http_get_open(loop->turns.trial, &lane->get);
        if (err != 0)
            return err;
        lane->get->done = async_fetched;
        reactor_assign(&loop->turns.reactor, lane->get, index);
    }
    return err;
}

void async_lane_close(struct async_lane *lane)
{
    frame_free(lane->loop, lane->root);
    step_context_close(lane->context);
    if (!lane->child)
        http_get_close(lane->get);
}

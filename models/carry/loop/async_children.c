// SPDX-License-Identifier: MIT
// Children as asyncio.gather() has them: each is a coroutine that the loop is given to resume, and the gather a future, which the
// last of them resolves.
#include <errno.h>

#include "measure/base/task_status.h"
#include "models/carry/http_get.h"
#include "models/carry/loop/async.h"

static struct async_lane *lane_of(struct family *family, const struct kin *kin)
{
    return &CONTAINER_OF(family, struct async_loop, family)->lanes[kin_lane(family, kin)];
}

static struct kin *kin_of(const struct async_lane *lane)
{
    return &lane->loop->family.kins[lane - lane->loop->lanes];
}

static struct frame *innermost(struct async_lane *lane)
{
    struct frame *frame = lane->root;

    while (frame->callee != NULL)
        frame = frame->callee;
    return frame;
}

// As soon as it is resumed its coroutines return, from the innermost to the outermost.
static void return_next(struct async_lane *lane)
{
    static const struct program nothing;

    for (struct frame *frame = lane->root; frame != NULL; frame = frame->callee) {
        frame->program = &nothing;
        frame->index = 0;
        frame->left = frame->yields_left = 0;
    }
}

static void end_now(struct async_lane *lane)
{
    frame_free(lane->loop, lane->root);
    lane->root = NULL;
    async_child_end(lane, KIN_CANCELLED);
}

static void cancel(struct family *family, struct kin *child)
{
    struct async_lane *lane = lane_of(family, child);
    const struct frame *frame = innermost(lane);
    struct reactor *reactor = &lane->loop->turns.reactor;
    enum step_kind kind;

    if (frame->future == NULL || frame->future->status != PENDING) { // it is among the ready ones
        return_next(lane);
        return;
    }
    kind = frame->program->steps[frame->index - 1].kind;
    if (kind == STEP_SLEEP || kind == STEP_FETCH) {
        if (kind == STEP_SLEEP)
            reactor_forget(reactor, &frame->future->timer);
        else
            reactor_give_up(lane->get);
        end_now(lane);
        return;
    }
    return_next(lane);
    if (kind == STEP_READ)
        file_read_cancel(lane->context->read);
    else if (kind == STEP_GATHER)
        kin_cancel_children(family, child);
}

// As any future: that queues its task.
static void gathered(struct family *family, struct kin *parent, int status)
{
    struct async_lane *lane = lane_of(family, parent);

    innermost(lane)->future->status = status;
    async_trace_ready(lane);
    async_push_ready(lane);
}

int async_children_open(struct async_loop *loop, uint32_t lanes, uint32_t children)
{
    loop->family.cancel = cancel;
    loop->family.gathered = gathered;
    return family_open(&loop->family, lanes, children);
}

bool async_child_get(struct async_lane *lane)
{
    lane->get = reactor_take_get(&lane->loop->turns.reactor);
    if (lane->get != NULL)
        lane->get->done = async_fetched;
    return lane->get != NULL;
}

static void begin_child(const struct async_lane *parent, struct async_lane *lane, const struct step *step,
                        uint32_t index)
{
    if (lane->loop->turns.traced)
        trace_name_child(async_trace(lane), async_trace(parent), step, index);
    lane->check = 0;
    lane->waited = false;
    if (lane->context != NULL)
        lane_inherit(&lane->context->lane, &parent->context->lane);
    lane->root = frame_new(lane->loop, &step->callee[index], 1);
    if (lane->root != NULL)
        async_push_ready(lane);
    else
        async_child_end(lane, task_status_from_errno(ENOMEM));
}

int async_gather(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    bool waited = lane->waited;
    struct future *future = async_await(lane, frame);
    struct family *family = &lane->loop->family;
    struct kin *parent = kin_of(lane);
    int status;

    if (future == NULL)
        return task_status_from_errno(ENOMEM);
    lane->waited = waited; // its children say whether they have
    kin_gather(family, parent, step);
    for (struct kin *child = parent->children; child != NULL; child = child->next) {
        if (kin_begin(family, child))
            begin_child(lane, lane_of(family, child), step, child->index);
    }
    if (kin_begun(family, parent, &status)) // there was memory for none
        gathered(family, parent, status);
    return PENDING;
}

void async_child_end(struct async_lane *lane, int status)
{
    struct kin *child = kin_of(lane);
    struct async_lane *parent = lane_of(&lane->loop->family, child->parent);

    step_context_settle(lane->context);
    if (lane->loop->turns.traced)
        trace_end_child(lane->loop->turns.trial, async_trace(lane));
    if (lane->get != NULL)
        reactor_put_get(&lane->loop->turns.reactor, lane->get);
    lane->get = NULL;
    parent->check += lane->check;
    parent->waited |= lane->waited;
    kin_end(&lane->loop->family, child, status);
}

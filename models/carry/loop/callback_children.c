// SPDX-License-Identifier: MIT
// Children in the callback style: a gather counts down how many have yet to end, and the last one continues its parent.
#include "models/carry/loop/callbacks.h"
#include "models/carry/queue.h"

static struct callback_loop *loop_of(struct family *family)
{
    return CONTAINER_OF(family, struct callback_loop, family);
}

static struct callback_lane *lane_of(struct family *family, const struct kin *kin)
{
    return &loop_of(family)->lanes[kin_lane(family, kin)];
}

static struct kin *kin_of(const struct callback_lane *lane)
{
    return &lane->loop->family.kins[lane - lane->loop->lanes];
}

// Its step is under way: what it does next is to end.
static void end_next(struct callback_lane *lane)
{
    static const struct program nothing;

    lane->depth = 0;
    lane->yields_left = 0;
    lane->stack[0] = (struct callback_position){.program = &nothing};
}

static void cancel(struct family *family, struct kin *child)
{
    struct callback_lane *lane = lane_of(family, child);
    const struct callback_position *position = &lane->stack[lane->depth];
    struct reactor *reactor = &lane->loop->turns.reactor;
    enum step_kind kind;

    // It has been handed the lock, and is ready to begin its step again.
    if (lane->context != NULL && lane->context->again) {
        lane->context->again = false;
        end_next(lane);
        return;
    }
    kind = position->program->steps[position->index - 1].kind;
    end_next(lane);
    if (kind == STEP_SLEEP) {
        reactor_forget(reactor, &lane->timer);
        callback_child_end(lane, KIN_CANCELLED);
    } else if (kind == STEP_FETCH) {
        reactor_give_up(lane->get);
        callback_child_end(lane, KIN_CANCELLED);
    } else if (kind == STEP_READ) {
        file_read_cancel(lane->context->read);
    } else if (kind == STEP_GATHER) {
        kin_cancel_children(family, child);
    }
}

static void gathered(struct family *family, struct kin *parent, int status)
{
    struct callback_lane *lane = lane_of(family, parent);

    if (status != 0)
        callback_end(lane, status);
    else
        callback_continue(lane);
}

bool callback_is_cancelled(const struct callback_lane *lane)
{
    return lane->child && kin_of(lane)->cancelled;
}

int callback_children_open(struct callback_loop *loop, uint32_t lanes, uint32_t children)
{
    loop->family.cancel = cancel;
    loop->family.gathered = gathered;
    return family_open(&loop->family, lanes, children);
}

bool callback_child_get(struct callback_lane *lane)
{
    lane->get = reactor_take_get(&lane->loop->turns.reactor);
    if (lane->get == NULL)
        return false;
    lane->get->owner = lane;
    lane->get->done = callback_fetched;
    return true;
}

static void begin_child(struct callback_lane *parent, struct callback_lane *lane, const struct step *step,
                        uint32_t index)
{
    struct turn_loop *turns = &lane->loop->turns;

    if (turns->traced) {
        trace_name_child(callback_trace(lane), callback_trace(parent), step, index);
        trace_begin_child(turns->trial, callback_trace(lane));
    }
    lane->check = 0;
    lane->depth = 0;
    lane->waited = false;
    lane->stack[0] = (struct callback_position){.program = &step->callee[index]};
    if (lane->context != NULL)
        lane_inherit(&lane->context->lane, &parent->context->lane);
    callback_continue(lane);
}

bool callback_gather(struct callback_lane *lane, const struct step *step)
{
    struct family *family = &lane->loop->family;
    struct kin *parent = kin_of(lane);
    int status;

    kin_gather(family, parent, step);
    for (struct kin *child = parent->children; child != NULL; child = child->next) {
        if (kin_begin(family, child))
            begin_child(lane, lane_of(family, child), step, child->index);
    }
    if (!kin_begun(family, parent, &status))
        return false;
    if (status == 0)
        return true;
    callback_end(lane, status);
    return false;
}

void callback_child_end(struct callback_lane *lane, int status)
{
    struct kin *child = kin_of(lane);
    struct callback_lane *parent = lane_of(&lane->loop->family, child->parent);

    step_context_settle(lane->context);
    if (lane->loop->turns.traced)
        trace_end_child(lane->loop->turns.trial, callback_trace(lane));
    if (lane->get != NULL)
        reactor_put_get(&lane->loop->turns.reactor, lane->get);
    lane->get = NULL;
    parent->check += lane->check;
    parent->waited |= lane->waited;
    kin_end(&lane->loop->family, child, status);
}

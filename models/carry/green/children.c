// SPDX-License-Identifier: MIT
// Children as greenlets: each has a stack of its own, and is begun when the scheduler comes to it among the ready ones.
#include "models/carry/green/scheduler.h"
#include "models/carry/http_get.h"

static struct green_lane *lane_of(struct family *family, const struct kin *kin)
{
    return &CONTAINER_OF(family, struct green, family)->lanes[kin_lane(family, kin)];
}

static struct kin *kin_of(const struct green_lane *lane)
{
    return &green_of_lane(lane)->family.kins[lane - green_of_lane(lane)->lanes];
}

// Its step comes to nothing, which ends its walk: at once if it is ready or what it waits for can be given up.
static void cancel(struct family *family, struct kin *child)
{
    struct green_lane *lane = lane_of(family, child);
    struct reactor *reactor = &green_of_lane(lane)->turns.reactor;

    lane->cancelled = true;
    if (lane->waits == NULL) {
        lane->fiber.status = KIN_CANCELLED;
    } else if (lane->waits->kind == STEP_SLEEP) {
        reactor_forget(reactor, &lane->timer);
        green_wake(lane, KIN_CANCELLED);
    } else if (lane->waits->kind == STEP_FETCH) {
        if (lane->fetches)
            green_withdraw_fetch(lane);
        else
            reactor_give_up(lane->lane.extra->get);
        green_wake(lane, KIN_CANCELLED);
    } else if (lane->waits->kind == STEP_READ) {
        file_read_cancel(*green_read(lane));
    } else if (lane->waits->kind == STEP_GATHER) {
        kin_cancel_children(family, child);
    }
}

static void gathered(struct family *family, struct kin *parent, int status)
{
    green_wake(lane_of(family, parent), status);
}

int green_children_open(struct green *green, uint32_t lanes, uint32_t children)
{
    green->family.cancel = cancel;
    green->family.gathered = gathered;
    return family_open(&green->family, lanes, children);
}

static void begin_child(const struct green_lane *parent, struct green_lane *lane, const struct step *step,
                        uint32_t index)
{
    if (green_of_lane(parent)->turns.traced)
        trace_name_child(&lane->lane.extra->trace, &parent->lane.extra->trace, step, index);
    lane->lane.check = 0;
    lane_inherit(&lane->lane, &parent->lane);
    lane->waited = lane->cancelled = false;
    lane->waits = NULL;
    lane->fiber.status = 0;
    green_renew(lane);
    fiber_push_ready(&lane->fiber);
}

int green_gather(struct lane *lane, const struct step *step)
{
    struct green_lane *green = green_lane_of(lane);
    struct family *family = &green_of_lane(green)->family;
    struct kin *parent = kin_of(green);
    int status;

    kin_gather(family, parent, step);
    green->waits = step;
    for (struct kin *child = parent->children; child != NULL; child = child->next) {
        if (kin_begin(family, child))
            begin_child(green, lane_of(family, child), step, child->index);
    }
    (void)kin_begun(family, parent, &status); // none has had its turn yet
    return LANE_PARK;
}

void green_child_run(struct green_lane *lane)
{
    struct green *green = green_of_lane(lane);
    struct kin *child = kin_of(lane);
    struct green_lane *parent = lane_of(&green->family, child->parent);
    int status;

    if (green->turns.traced)
        trace_begin_child(lane->lane.trial, &lane->lane.extra->trace);
    status = lane->cancelled ? KIN_CANCELLED : walk(&lane->lane, &parent->waits->callee[child->index]);
    lane_settle(&lane->lane);
    if (green->turns.traced)
        trace_end_child(lane->lane.trial, &lane->lane.extra->trace);
    if (lane->lane.extra != NULL && lane->lane.extra->get != NULL) {
        reactor_put_get(&green->turns.reactor, lane->lane.extra->get);
        lane->lane.extra->get = NULL;
    }
    parent->lane.check += lane->lane.check;
    parent->waited |= lane->waited;
    green->kin_ended = lane;
    kin_end(&green->family, child, status);
}

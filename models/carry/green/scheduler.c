// SPDX-License-Identifier: MIT
#include "models/carry/green/scheduler.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static bool any_ready(const struct turn_loop *turns);
static void run_ready(struct turn_loop *turns);
static struct slot *next_task(struct turn_loop *turns, struct queue_item *item);
static void begin(struct turn_loop *turns, struct queue_item *item, struct slot *slot);
static bool exhausted(struct turn_loop *turns);
static bool may_block(struct turn_loop *turns);
static void before_poll(struct turn_loop *turns);
static void after_poll(struct turn_loop *turns);

static const struct turn_style style = {
    .any_ready = any_ready,
    .run_ready = run_ready,
    .next = next_task,
    .begin = begin,
    .exhausted = exhausted,
    .may_block = may_block,
    .before_poll = before_poll,
    .after_poll = after_poll,
};

static struct green *green_of(struct turn_loop *turns)
{
    return CONTAINER_OF(turns, struct green, turns);
}

static struct green_lane *lane_of_fiber(struct fiber *fiber)
{
    return CONTAINER_OF(fiber, struct green_lane, fiber);
}

// A context lives for one task, on the lane's stack.
TURN_INLINE void run_fiber(struct fiber *fiber)
{
    struct green_lane *lane = lane_of_fiber(fiber);

    if (__builtin_expect(lane->child, 0))
        green_child_run(lane);
    else
        lane_run_task(&lane->lane, lane->lane.slot);
}

// The same for green-copy, whose tasks leave as little on the stack as they can when they park: begin and end are by themselves, and
// but for the fiber nothing is kept from one of these calls to the next.
static __attribute__((noinline)) const struct program *begin_copied(struct fiber *fiber)
{
    struct lane *lane = &lane_of_fiber(fiber)->lane;

    return lane_begin_task(lane, lane->slot);
}

static __attribute__((noinline)) void end_copied(struct fiber *fiber, int status)
{
    struct lane *lane = &lane_of_fiber(fiber)->lane;

    lane_end_task(lane, lane->slot, status);
}

TURN_INLINE void run_copied(struct fiber *fiber)
{
    const struct program *program;

    if (__builtin_expect(lane_of_fiber(fiber)->child, 0)) {
        green_child_run(lane_of_fiber(fiber));
        return;
    }
    program = begin_copied(fiber);
    end_copied(fiber, walk(&lane_of_fiber(fiber)->lane, program));
}

FIBER_ENTRY(enter, run_fiber)
FIBER_ENTRY(enter_copied, run_copied)

// Gives the lane a task and a fresh context for it.
TURN_INLINE void start_task(struct green_lane *lane, struct slot *slot)
{
    lane->lane.slot = slot;
    lane->waited = false;
    green_renew(lane);
}

#ifdef CCBENCH_HAVE_FCONTEXT

#define ROOM_UNIT 16 // bytes, of saved_room

_Static_assert(FIBER_SLOT_BYTES / ROOM_UNIT <= UINT16_MAX, "there may be room for all of a stack");

// So much of the lane's stack is in use while it is parked: from its stack pointer, which a suspended fcontext is, to the stack's top.
static size_t live_bytes(const struct green_lane *lane)
{
    return (size_t)(fiber_top(&lane->fiber) - (char *)lane->fiber.context);
}

// Copies the frames of the lane that is on the shared stack away.
static bool copy_out(struct green *green)
{
    struct green_lane *lane = green->owner;
    size_t bytes;

    green->owner = NULL;
    if (lane == NULL)
        return true;
    bytes = live_bytes(lane);
    if (bytes >
        (size_t)lane->saved_room * ROOM_UNIT) { // what it had is lost: a lane's stack seldom grows more than once
        lane->saved_room = (uint16_t)((bytes + ROOM_UNIT - 1) / ROOM_UNIT);
        lane->lane.own = lane_arena_take(&green->saved, bytes);
        if (lane->lane.own == NULL)
            return false;
    }
    memcpy(lane->lane.own, lane->fiber.context, bytes);
    green->copied_bytes += bytes;
    return true;
}

static bool take_stack(struct green *green, struct green_lane *lane)
{
    if (green->owner != lane && !copy_out(green))
        return false;
    if (lane->fresh)
        fiber_start(&lane->fiber);
    else if (green->owner != lane)
        memcpy(lane->fiber.context, lane->lane.own, live_bytes(lane));
    lane->fresh = false;
    green->owner = lane;
    return true;
}

#else

static bool take_stack(struct green *green, struct green_lane *lane)
{
    return false;
}

#endif

// Whatever is left by a jump must not return for each task: a return that does not match its call costs a mispredicted branch. So this
// and run() are part of the loop.
//
// Back on the scheduler's stack: if the fiber that was left has ended its task, its lane takes the next at once, or is idle.
// Returns the lane's fiber when it is to be run.
TURN_INLINE struct fiber *after_switch(struct green *green)
{
    struct green_lane *lane = lane_of_fiber(green->scheduler.previous);
    struct slot *next;

    if (__builtin_expect(lane->child, 0)) {
        if (green->kin_ended == lane)
            green->owner = green->kin_ended = NULL;
        return NULL;
    }
    if (lane->lane.slot->end_ns == 0)
        return NULL;
    green->turns.last_ns = lane->lane.slot->end_ns;
    green->owner = NULL;
    if (green->source != NULL)
        green->source->freed(green, lane);
    next = turn_end_task(&green->turns, &style, &lane->item, lane->waited);
    if (next == NULL)
        return NULL;
    start_task(lane, next);
    return &lane->fiber;
}

// Runs the fiber until it is back here, or another one that it has jumped to; and what its lane begins at once.
TURN_INLINE void run(struct green *green, struct fiber *fiber)
{
    for (; fiber != NULL; fiber = after_switch(green)) {
        if (green->copies && !take_stack(green, lane_of_fiber(fiber))) {
            green->turns.reactor.broken = trial_fail(green->turns.trial, -ENOMEM,
                                                     "out of memory for a parked task's stack");
            return;
        }
        fiber_run(fiber);
    }
}

static bool any_ready(const struct turn_loop *turns)
{
    return fiber_any_ready(&CONTAINER_OF(turns, struct green, turns)->scheduler);
}

// The budget is that of the direct jumps. Those that share a stack cannot jump to each other: without one each comes back here.
static void run_ready(struct turn_loop *turns)
{
    struct green *green = green_of(turns);
    struct fiber_scheduler *scheduler = &green->scheduler;
    const struct slice slice = turn_begin_slice(turns);

    scheduler->budget = slice.woken > TURN_BUDGET ? slice.woken : TURN_BUDGET;
    if (green->copies)
        scheduler->budget = 0;
    for (uint32_t n = 0; fiber_any_ready(scheduler) && turn_goes_on(turns, &slice, n) && turns->reactor.broken == 0;
         n++) {
        if (!green->copies && scheduler->budget-- == 0)
            break;
        run(green, fiber_take_first(scheduler));
    }
    scheduler->budget = 0; // what begins now comes back to its beginning when it parks
}

static struct slot *next_task(struct turn_loop *turns, struct queue_item *item)
{
    struct green *green = green_of(turns);

    if (turns->reactor.broken != 0)
        return NULL;
    return green->source == NULL ? turn_claim(turns, item)
                                 : green->source->next(green, CONTAINER_OF(item, struct green_lane, item));
}

static void begin(struct turn_loop *turns, struct queue_item *item, struct slot *slot)
{
    struct green *green = green_of(turns);
    struct green_lane *lane = CONTAINER_OF(item, struct green_lane, item);

    start_task(lane, slot);
    run(green, &lane->fiber);
    if (__builtin_expect(!green->scheduler.aligned, 0) && !green->copies &&
        green->scheduler.switches > 0) // it is the first to park
        fiber_align(&lane->fiber);
}

static bool exhausted(struct turn_loop *turns)
{
    struct green *green = green_of(turns);

    if (turns->reactor.broken != 0)
        return NULL;
    return green->source == NULL ? turns->intake.exhausted : green->source->exhausted(green);
}

static bool may_block(struct turn_loop *turns)
{
    struct green *green = green_of(turns);

    return green->source == NULL || green->source->rest(green);
}

static void before_poll(struct turn_loop *turns)
{
    green_start_fetches(green_of(turns));
}

static void after_poll(struct turn_loop *turns)
{
    struct green *green = green_of(turns);

    if (green->source != NULL)
        green->source->wake(green);
}

static int open_lane(struct green *green, struct green_lane *lane, uint32_t index, bool child)
{
    uint32_t place = green->opened++;

    fiber_init(&lane->fiber, &green->scheduler, green->copies ? 0 : place);
    lane->child = child;
    return green_lane_open(lane, place, index);
}

// `all`: lanes of tasks and of children.
static int allocate(struct green *green, uint32_t all)
{
    struct trial *trial = green->turns.trial;
    bool locks = (trial->kinds & (STEP_BIT(STEP_LOCK) | STEP_BIT(STEP_LOCK_FILE))) != 0;
    bool reads = (trial->kinds & STEP_BIT(STEP_READ)) != 0;
    int err;

    green->lanes = lane_memory_new(all * sizeof *green->lanes);
    green->lanes_bytes = all * sizeof *green->lanes;
    if (locks)
        green->waiters = calloc(all, sizeof *green->waiters);
    if (reads)
        green->reads = calloc(all, sizeof *green->reads);
    if (green->lanes == NULL || (locks && green->waiters == NULL) || (reads && green->reads == NULL) ||
        green_children_open(green, green->turns.count, all - green->turns.count) != 0)
        return trial_fail(trial, -ENOMEM, "out of memory for %u tasks in flight", green->turns.count);
    err = fiber_stacks_open(&green->scheduler.stacks, green->copies ? 1 : all);
    if (err != 0)
        return trial_fail(trial, err, "no address space for %u stacks: %s", all, strerror(-err));
    return 0;
}

int green_scheduler_open(struct green *green, struct trial *trial, const struct share *share,
                         const struct green_source *source, bool copies)
{
    uint32_t all = share->lanes * (1 + trial->children);
    int err;

    green->source = source;
    green->copies = copies;
    fiber_scheduler_init(&green->scheduler, copies ? enter_copied : enter);
    err = turn_loop_open(&green->turns, trial, share);
    if (err == 0)
        err = allocate(green, all);
    for (uint32_t i = 0; err == 0 && i < all; i++)
        err = open_lane(green, &green->lanes[i], i < share->lanes ? share->first + i : trial->lanes + i,
                        i >= share->lanes);
    return err;
}

static int check_stacks(struct green *green)
{
    for (uint32_t i = 0; i < green->scheduler.stacks.count; i++) {
        if (!fiber_stacks_intact(&green->scheduler.stacks, i))
            return trial_fail(green->turns.trial, -EFAULT, "the stack of green thread %u overflowed", i);
    }
    return 0;
}

int green_scheduler_run(void *loop)
{
    struct green *green = loop;
    struct turn_loop *turns = &green->turns;
    int err;

    turns->last_ns = turns->trial->run_start_ns;
    for (uint32_t i = 0; green->source != NULL && i < turns->count; i++) {
        green->lanes[i].lane.free_ns = turns->trial->run_start_ns;
        green->source->freed(green, &green->lanes[i]);
    }
    intake_rest_all(&turns->intake, &green->lanes->item, &green->lanes->lane.free_ns, turns->count,
                    sizeof *green->lanes);
    err = turn_loop_run(turns, &style);
    return err != 0 ? err : check_stacks(green);
}

// Lanes whose tasks only wait have nothing to be closed, and are not looked at again, a million cache misses.
static bool lanes_have_something(const struct green *green)
{
    return (green->turns.trial->kinds & LANE_EXTRA_STEPS) != 0 || green->turns.traced;
}

void green_scheduler_close(void *loop)
{
    struct green *green = loop;
    bool close_lanes = green->opened > 0 && lanes_have_something(green);

    reactor_close(&green->turns.reactor);
    for (uint32_t i = 0; i < green->opened; i++) {
        if (close_lanes)
            green_lane_close(&green->lanes[i]);
        fiber_release(&green->lanes[i].fiber);
    }
    lane_arena_close(&green->saved);
    fiber_stacks_close(&green->scheduler.stacks);
    family_close(&green->family);
    free(green->waiters);
    free((void *)green->reads);
    lane_memory_free(green->lanes, green->lanes_bytes);
    green->waiters = NULL;
    green->reads = NULL;
    green->lanes = NULL;
    green->opened = 0;
}

// SPDX-License-Identifier: MIT
#include "models/carry/green/scheduler.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static struct green_lane *lane_of_fiber(struct fiber *fiber)
{
    return CONTAINER_OF(fiber, struct green_lane, fiber);
}

static struct slot *next_claimed(struct green *green, struct green_lane *lane)
{
    (void)lane;
    return intake_next(&green->intake, green->last_ns);
}

static bool claims_exhausted(struct green *green)
{
    return green->intake.exhausted;
}

const struct green_source green_claims = {.next = next_claimed, .exhausted = claims_exhausted};

// A context lives for one task, on the lane's stack.
static void run_fiber(struct fiber *fiber)
{
    struct green_lane *lane = lane_of_fiber(fiber);

    lane_run_task(&lane->lane, lane->lane.slot);
}

// Gives the lane a task and a fresh context for it.
static void start_task(struct green_lane *lane, struct slot *slot)
{
    lane->lane.slot = slot;
    lane->waited = false;
    // On a shared stack a context can only be made when the stack is free.
    lane->fresh = lane->green->copies;
    if (!lane->fresh)
        fiber_start(&lane->fiber);
}

#ifdef CCBENCH_HAVE_FCONTEXT

// Copies the frames of the lane that is on the shared stack away: from its stack pointer, which a suspended fcontext is,
// to the stack's top.
static bool copy_out(struct green *green)
{
    struct green_lane *lane = green->owner;
    char *top, *pointer;

    green->owner = NULL;
    if (lane == NULL)
        return true;
    top = lane->fiber.stack + lane->fiber.stack_bytes;
    pointer = lane->fiber.context;
    lane->saved_bytes = (size_t)(top - pointer);
    if (lane->saved_bytes > lane->saved_room) {
        free(lane->saved);
        lane->saved_room = lane->saved_bytes;
        lane->saved = malloc(lane->saved_room);
        if (lane->saved == NULL)
            return false;
    }
    memcpy(lane->saved, pointer, lane->saved_bytes);
    green->copied_bytes += lane->saved_bytes;
    return true;
}

static bool take_stack(struct green *green, struct green_lane *lane)
{
    if (green->owner != lane && !copy_out(green))
        return false;
    if (lane->fresh)
        fiber_start(&lane->fiber);
    else if (green->owner != lane)
        memcpy(lane->fiber.context, lane->saved, lane->saved_bytes);
    lane->fresh = false;
    green->owner = lane;
    return true;
}

#else

static bool take_stack(struct green *green, struct green_lane *lane)
{
    (void)green, (void)lane;
    return false;
}

#endif

// Back on the scheduler's stack: if the fiber that was left has ended its task, its lane takes the next at once, or is idle.
// Returns the lane's fiber when it is to be run.
static struct fiber *after_switch(struct green *green)
{
    struct green_lane *lane = lane_of_fiber(green->scheduler.previous);
    struct slot *next = NULL;

    if (lane->lane.slot->end_ns == 0)
        return NULL;
    green->last_ns = lane->lane.slot->end_ns;
    green->owner = NULL;
    if (green->source->freed != NULL)
        green->source->freed(green, lane);
    if (lane->waited)
        next = green->source->next(green, lane);
    if (next == NULL) {
        intake_rest(&green->intake, &lane->item);
        return NULL;
    }
    start_task(lane, next);
    return &lane->fiber;
}

// Runs the fiber until it is back here, or another one that it has jumped to; and what its lane begins at once.
static void run(struct green *green, struct fiber *fiber)
{
    for (; fiber != NULL; fiber = after_switch(green)) {
        if (green->copies && !take_stack(green, lane_of_fiber(fiber))) {
            green->failed = true;
            return;
        }
        fiber_switch(&green->scheduler.main, fiber, false);
    }
}

// One slice of what is ready.
static void run_ready(struct green *green)
{
    struct fiber_scheduler *scheduler = &green->scheduler;
    uint32_t woken = green->woken, budget;

    green->woken = 0;
    green->spent = false;
    green->slice_end_ns = green->last_ns + REACTOR_SLICE_NS;
    budget = woken > REACTOR_BUDGET ? woken : REACTOR_BUDGET;
    // Those that share a stack cannot jump to each other: without a budget of its own each comes back here.
    scheduler->budget = green->copies ? 0 : budget;
    for (uint32_t n = 0; scheduler->ready != NULL && n < budget && (green->copies || scheduler->budget > 0); n++) {
        if (green->spent || green->failed || (n >= woken && green->last_ns >= green->slice_end_ns))
            return;
        scheduler->budget -= !green->copies;
        run(green, fiber_pop_ready(scheduler));
    }
}

// One slice of beginnings, in idle lanes. Returns whether there may be more to begin.
static bool begin_tasks(struct green *green)
{
    uint64_t slice_end_ns = green->last_ns + REACTOR_SLICE_NS;

    green->scheduler.budget = 0; // each comes back here when it parks
    for (uint32_t n = 0; green->intake.idle_count > 0 && !green->failed; n++) {
        struct green_lane *lane;
        struct slot *slot;

        if (n == REACTOR_BUDGET || green->last_ns >= slice_end_ns)
            return true;
        lane = CONTAINER_OF(intake_lane(&green->intake), struct green_lane, item);
        slot = green->source->next(green, lane);
        if (slot == NULL) {
            intake_put_back(&green->intake, &lane->item);
            return false;
        }
        start_task(lane, slot);
        run(green, &lane->fiber);
    }
    return false;
}

static int open_lane(struct green *green, struct green_lane *lane, uint32_t index)
{
    uint32_t place = green->opened++;
    char *stack;
    size_t bytes;

    fiber_stacks_get(&green->stacks, green->copies ? 0 : place, &stack, &bytes);
    fiber_init(&lane->fiber, &green->scheduler, stack, bytes);
    lane->green = green;
    return green_lane_open(lane, place, index);
}

static int allocate(struct green *green)
{
    struct trial *trial = green->trial;
    int err;

    if (posix_memalign((void **)&green->lanes, CACHE_LINE, green->count * sizeof *green->lanes) != 0) {
        green->lanes = NULL;
        return trial_fail(trial, -ENOMEM, "out of memory for %u lanes", green->count);
    }
    for (uint32_t i = 0; i < green->count; i++)
        green->lanes[i] = (struct green_lane){0};
    err = fiber_stacks_open(&green->stacks, green->copies ? 1 : green->count);
    if (err != 0)
        return trial_fail(trial, err, "no address space for %u stacks: %s", green->count, strerror(-err));
    return 0;
}

int green_scheduler_open(struct green *green, struct trial *trial, const struct share *share, const struct green_source *source,
                         bool copies)
{
    int err;

    green->trial = trial;
    green->source = source;
    green->count = share->lanes;
    green->copies = copies;
    intake_init(&green->intake, trial);
    fiber_scheduler_init(&green->scheduler, run_fiber);
    err = allocate(green);
    if (err == 0)
        err = reactor_open(&green->reactor, trial, share);
    while (err == 0 && green->opened < green->count)
        err = open_lane(green, &green->lanes[green->opened], share->first + green->opened);
    return err;
}

static int check_stacks(struct green *green)
{
    for (uint32_t i = 0; i < green->stacks.count; i++) {
        if (!fiber_stacks_intact(&green->stacks, i))
            return trial_fail(green->trial, -EFAULT, "the stack of green thread %u overflowed", i);
    }
    return 0;
}

static bool is_over(struct green *green)
{
    return green->source->exhausted(green) && green->intake.idle_count == green->count;
}

static bool may_block(struct green *green)
{
    return green->scheduler.ready == NULL && intake_may_block(&green->intake, &green->reactor) &&
           (green->source->rest == NULL || green->source->rest(green));
}

static int turn(struct green *green)
{
    bool more;
    int err;

    green->last_ns = clock_now_ns();
    run_ready(green);
    more = begin_tasks(green);
    if (green->failed)
        return trial_fail(green->trial, -ENOMEM, "out of memory for a parked task's stack");
    if (is_over(green))
        return 0;
    green_start_fetches(green);
    err = reactor_turn(&green->reactor, !more && may_block(green));
    if (green->source->wake != NULL)
        green->source->wake(green);
    return err;
}

int green_scheduler_run(struct green *green)
{
    int err = 0;

    green->last_ns = green->trial->run_start_ns;
    for (uint32_t i = 0; i < green->count; i++) {
        struct green_lane *lane = &green->lanes[i];

        lane->lane.claim.free_ns = green->trial->run_start_ns;
        if (green->source->freed != NULL)
            green->source->freed(green, lane);
        intake_rest(&green->intake, &lane->item);
    }
    while (err == 0 && !is_over(green))
        err = turn(green);
    return err != 0 ? err : check_stacks(green);
}

void green_scheduler_close(struct green *green)
{
    reactor_close(&green->reactor);
    for (uint32_t i = 0; i < green->opened; i++) {
        green_lane_close(&green->lanes[i]);
        fiber_release(&green->lanes[i].fiber);
        free(green->lanes[i].saved);
    }
    fiber_stacks_close(&green->stacks);
    free(green->lanes);
    green->lanes = NULL;
    green->opened = 0;
}

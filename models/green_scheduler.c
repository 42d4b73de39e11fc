// SPDX-License-Identifier: MIT
#include "models/green_scheduler.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "models/http_get.h"
#include "workloads/compute.h"

static struct green_lane *lane_of_timer(struct timer_entry *entry)
{
    return (struct green_lane *)((char *)entry - offsetof(struct green_lane, timer));
}

static struct green_lane *lane_of_fiber(struct fiber *fiber)
{
    return (struct green_lane *)((char *)fiber - offsetof(struct green_lane, fiber));
}

static void wake(struct green_lane *lane, int status)
{
    lane->fiber.status = status;
    lane->green->woken++;
    fiber_push_ready(&lane->fiber);
}

static void on_timer(struct timer_entry *entry)
{
    wake(lane_of_timer(entry), 0);
}

static void on_fetched(struct http_get *get, int status)
{
    struct green_lane *lane = get->owner;

    lane->lane.check += get->check;
    wake(lane, status);
}

static int step_sleep(struct lane *lane, const struct step *step)
{
    struct green_lane *green = lane->own;

    green->waited = true;
    reactor_sleep(&green->green->reactor, step->arg, &green->timer);
    return LANE_PARK;
}

// curl needs more stack than a lane has: the scheduler starts it on its own.
static int step_fetch(struct lane *lane, const struct step *step)
{
    struct green_lane *green = lane->own;

    green->waited = true;
    green->fetch = step;
    green->next_fetch = green->green->fetches;
    green->green->fetches = green;
    return LANE_PARK;
}

static int step_yield(struct lane *lane, const struct step *step)
{
    (void)step;
    lane->fiber->status = 0;
    fiber_push_ready(lane->fiber);
    return LANE_PARK;
}

static step_function *green_steps[STEP_KIND_COUNT];

static void choose_steps(void)
{
    for (int kind = 0; kind < STEP_KIND_COUNT; kind++)
        green_steps[kind] = blocking_steps[kind]; // compute and block are the same: they hold the thread
    green_steps[STEP_SLEEP] = step_sleep;
    green_steps[STEP_FETCH] = step_fetch;
    green_steps[STEP_YIELD] = step_yield;
}

// A context lives for one task, on the lane's stack.
static void run_fiber(struct fiber *fiber)
{
    struct green_lane *lane = lane_of_fiber(fiber);

    lane_run_task(&lane->lane, lane->slot);
}

// The lane's next task, in a fresh context; false when there is none.
static bool claim_next(struct green_lane *lane)
{
    lane->slot = trial_claim(lane->green->trial, &lane->lane.claim);
    if (lane->slot == NULL) {
        lane->green->active--;
        return false;
    }
    // On a shared stack a context can only be made when the stack is free.
    lane->fresh = lane->green->copies;
    if (!lane->fresh)
        fiber_start(&lane->fiber);
    return true;
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

static void start_fetches(struct green *green)
{
    while (green->fetches != NULL) {
        struct green_lane *lane = green->fetches;

        green->fetches = lane->next_fetch;
        reactor_fetch(&green->reactor, lane->lane.get, lane->fetch);
    }
}

// Back on the scheduler's stack: if the fiber that was left has ended its task, its lane takes the next. Returns that
// lane's fiber when it is to be run at once.
static struct fiber *after_switch(struct green *green)
{
    struct green_lane *lane = lane_of_fiber(green->scheduler.previous);
    bool waited = lane->waited;

    if (lane->slot == NULL || lane->slot->end_ns == 0)
        return NULL;
    green->last_ns = lane->slot->end_ns;
    green->owner = NULL;
    lane->waited = false;
    if (!claim_next(lane))
        return NULL;
    if (waited)
        return &lane->fiber;
    fiber_push_ready(&lane->fiber);
    return NULL;
}

static void run_ready(struct green *green)
{
    struct fiber_scheduler *scheduler = &green->scheduler;
    uint64_t slice_end_ns = green->last_ns + REACTOR_SLICE_NS;
    uint32_t woken = green->woken, budget;

    green->woken = 0;
    budget = woken > REACTOR_BUDGET ? woken : REACTOR_BUDGET;
    // Those that share a stack cannot jump to each other: without a budget of its own each comes back here.
    scheduler->budget = green->copies ? 0 : budget;
    for (uint32_t n = 0; scheduler->ready != NULL && n < budget && (green->copies || scheduler->budget > 0); n++) {
        struct fiber *next;

        if ((n >= woken && green->last_ns >= slice_end_ns) || green->failed)
            return;
        scheduler->budget -= !green->copies;
        for (next = fiber_pop_ready(scheduler); next != NULL; next = after_switch(green)) {
            if (green->copies && !take_stack(green, lane_of_fiber(next))) {
                green->failed = true;
                return;
            }
            fiber_switch(&scheduler->main, next, false);
        }
    }
}

static int open_lane(struct green *green, struct green_lane *lane)
{
    struct trial *trial = green->trial;
    char *stack;
    size_t bytes;

    fiber_stacks_get(&green->stacks, green->copies ? 0 : green->opened, &stack, &bytes);
    fiber_init(&lane->fiber, &green->scheduler, stack, bytes);
    lane->green = green;
    lane->timer.fire = on_timer;
    lane->lane = (struct lane){
        .steps = green_steps, .trial = trial, .fiber = &lane->fiber, .index = green->opened, .own = lane};
    green->opened++;
    if (trial->kinds & STEP_BIT(STEP_FETCH)) {
        int err = http_get_open(trial, &lane->lane.get);

        if (err != 0)
            return err;
        lane->lane.get->owner = lane;
        lane->lane.get->done = on_fetched;
        reactor_assign(&green->reactor, lane->lane.get, lane->lane.index);
    }
    return 0;
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

int green_scheduler_open(struct green *green, struct trial *trial, uint32_t count, bool copies)
{
    static pthread_once_t chosen = PTHREAD_ONCE_INIT;

    int err;

    pthread_once(&chosen, choose_steps); // green-multi opens several at once
    green->trial = trial;
    green->count = count;
    green->copies = copies;
    fiber_scheduler_init(&green->scheduler, run_fiber);
    err = allocate(green);
    if (err == 0)
        err = reactor_open(&green->reactor, trial, count);
    while (err == 0 && green->opened < count)
        err = open_lane(green, &green->lanes[green->opened]);
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

int green_scheduler_run(struct green *green)
{
    green->last_ns = green->trial->run_start_ns;
    green->active = green->count;
    for (uint32_t i = 0; i < green->count; i++) {
        green->lanes[i].lane.claim.free_ns = green->trial->run_start_ns;
        if (claim_next(&green->lanes[i]))
            fiber_push_ready(&green->lanes[i].fiber);
    }
    for (;;) {
        run_ready(green);
        if (green->failed)
            return trial_fail(green->trial, -ENOMEM, "out of memory for a parked task's stack");
        if (green->active == 0)
            return check_stacks(green);
        start_fetches(green);
        if (reactor_turn(&green->reactor, green->scheduler.ready == NULL) != 0)
            return green->reactor.broken;
    }
}

void green_scheduler_close(struct green *green)
{
    reactor_close(&green->reactor);
    for (uint32_t i = 0; i < green->opened; i++) {
        http_get_close(green->lanes[i].lane.get);
        fiber_release(&green->lanes[i].fiber);
        free(green->lanes[i].saved);
    }
    fiber_stacks_close(&green->stacks);
    free(green->lanes);
    green->lanes = NULL;
    green->opened = 0;
}

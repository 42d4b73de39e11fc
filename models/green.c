// SPDX-License-Identifier: MIT
// Stackful green threads on one OS thread: the same walk() as threads, over step functions that park on the reactor.
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "models/fiber.h"
#include "models/http_get.h"
#include "models/lane.h"
#include "models/model.h"
#include "models/reactor.h"
#include "workloads/compute.h"

struct green_lane {
    struct lane lane;
    struct fiber fiber;
    struct timer_entry timer;
    struct green *green;
    struct slot *slot;
    bool waited;                    // the task has waited for the reactor
    const struct step *fetch;       // to be started by the scheduler
    struct green_lane *next_fetch;
};

struct green {
    struct trial *trial;
    struct reactor reactor;
    struct fiber_scheduler scheduler;
    struct fiber_stacks stacks;
    struct green_lane *lanes;
    uint32_t opened;
    struct green_lane *fetches;     // parked, their fetch not yet handed to curl
    uint32_t ended;
    uint32_t woken;                 // by the last poll
    uint64_t last_ns;
};

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

// The lane's next task in a fresh context; false when there is none.
static bool claim_next(struct green_lane *lane)
{
    lane->slot = trial_claim(lane->green->trial, &lane->lane.claim);
    if (lane->slot == NULL)
        return false;
    fiber_start(&lane->fiber);
    return true;
}

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
    green->ended++;
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
    uint32_t woken = green->woken;

    green->woken = 0;
    scheduler->budget = woken > REACTOR_BUDGET ? woken : REACTOR_BUDGET;
    for (uint32_t n = 0; scheduler->ready != NULL && scheduler->budget > 0; n++) {
        struct fiber *next;

        if (n >= woken && green->last_ns >= slice_end_ns)
            return;
        scheduler->budget--;
        for (next = fiber_pop_ready(scheduler); next != NULL; next = after_switch(green))
            fiber_switch(&scheduler->main, next, false);
    }
}

static int open_lane(struct green *green, struct green_lane *lane)
{
    struct trial *trial = green->trial;
    char *stack;
    size_t bytes;

    fiber_stacks_get(&green->stacks, green->opened, &stack, &bytes);
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

static int green_open(struct trial *trial)
{
    struct green *green = calloc(1, sizeof *green);
    int err;

    trial->state = green;
    if (green == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    choose_steps();
    green->trial = trial;
    fiber_scheduler_init(&green->scheduler, run_fiber);
    if (posix_memalign((void **)&green->lanes, CACHE_LINE, trial->lanes * sizeof *green->lanes) != 0) {
        green->lanes = NULL;
        return trial_fail(trial, -ENOMEM, "out of memory for %u lanes", trial->lanes);
    }
    for (uint32_t i = 0; i < trial->lanes; i++)
        green->lanes[i] = (struct green_lane){0};
    err = fiber_stacks_open(&green->stacks, trial->lanes);
    if (err != 0)
        return trial_fail(trial, err, "no address space for %u stacks: %s", trial->lanes, strerror(-err));
    err = reactor_open(&green->reactor, trial, trial->lanes);
    while (err == 0 && green->opened < trial->lanes)
        err = open_lane(green, &green->lanes[green->opened]);
    return err;
}

static int check_stacks(struct green *green)
{
    for (uint32_t i = 0; i < green->opened; i++) {
        if (!fiber_stacks_intact(&green->stacks, i))
            return trial_fail(green->trial, -EFAULT, "the stack of green thread %u overflowed", i);
    }
    return 0;
}

static int green_run(struct trial *trial)
{
    struct green *green = trial->state;

    green->last_ns = trial->run_start_ns;
    for (uint32_t i = 0; i < trial->lanes; i++) {
        green->lanes[i].lane.claim.free_ns = trial->run_start_ns;
        if (claim_next(&green->lanes[i]))
            fiber_push_ready(&green->lanes[i].fiber);
    }
    for (;;) {
        run_ready(green);
        if (green->ended == trial->tasks)
            break;
        start_fetches(green);
        if (reactor_turn(&green->reactor, green->scheduler.ready == NULL) != 0)
            return green->reactor.broken;
    }
    trial_count(trial, "fiber_parks", green->scheduler.switches);
    return check_stacks(green);
}

static void green_close(struct trial *trial)
{
    struct green *green = trial->state;

    if (green == NULL)
        return;
    reactor_close(&green->reactor);
    for (uint32_t i = 0; i < green->opened; i++) {
        http_get_close(green->lanes[i].lane.get);
        fiber_release(&green->lanes[i].fiber);
    }
    fiber_stacks_close(&green->stacks);
    free(green->lanes);
    free(green);
    trial->state = NULL;
}

const struct model model_green = {
    .name = "green",
    .kin = "gevent, eventlet",
    .summary = "stackful green threads on one event loop",
    .about = "Green threads: each task has a stack of its own, but all of them share one thread of the operating system. The code "
             "is that of a blocking program; where it would block, the library parks the task on the event loop and jumps to "
             "the next ready one, in a few nanoseconds and without the kernel. That is how gevent and eventlet let unchanged "
             "programs behave like an event loop. A stack costs at least a page per task, and as with every event loop, "
             "computing stops all others.",
    .example = "ccbench --model=threads,green --workload=http:10ms --tasks=1000 --concurrency=100",
    .can = STEP_ALL,
    .open = green_open,
    .run = green_run,
    .close = green_close,
};

// SPDX-License-Identifier: MIT
// The steps of a green thread: what would block parks it.
#include <errno.h>
#include <pthread.h>
#include <stddef.h>

#include "measure/base/task_status.h"
#include "models/carry/green/scheduler.h"
#include "models/carry/http_get.h"

void green_wake(struct green_lane *lane, int status)
{
    if (__builtin_expect(green_of_lane(lane)->turns.traced, 0))
        trace_ready(lane->lane.trial, &lane->lane.extra->trace);
    lane->waits = NULL;
    lane->fiber.status = lane->cancelled ? KIN_CANCELLED : status;
    green_of_lane(lane)->turns.woken++;
    fiber_push_ready(&lane->fiber);
}

static void on_timer(struct timer_entry *entry)
{
    green_wake(CONTAINER_OF(entry, struct green_lane, timer), 0);
}

static void on_fetched(struct http_get *get, int status)
{
    struct green_lane *lane = get->owner;

    lane->lane.check += get->check;
    green_wake(lane, status);
}

static void on_read(struct file_read *read, int status)
{
    struct green_lane *lane = read->owner;

    lane->lane.check += read->check;
    green_wake(lane, status);
}

static void on_locked(struct continuation *continuation)
{
    struct green_lane *lane = CONTAINER_OF(continuation, struct green_waiter, waiter.continuation)->lane;

    green_wake(lane, lane_take_lock(&lane->lane, lane->lane.locking));
}

static int step_sleep(struct lane *lane, const struct step *step)
{
    struct green_lane *green = green_lane_of(lane);

    green->waited = true;
    green->waits = step;
    reactor_sleep(&green_of_lane(green)->turns.reactor, step->arg, &green->timer);
    return LANE_PARK;
}

// curl needs more stack than a lane has: the scheduler starts it on its own.
static int step_fetch(struct lane *lane, const struct step *step)
{
    struct green_lane *green = green_lane_of(lane);

    green->waited = true;
    green->waits = step;
    green->fetches = true;
    green->item.next = green_of_lane(green)->fetches;
    green_of_lane(green)->fetches = &green->item;
    return LANE_PARK;
}

// The jump from lane to lane does not look at the clock: nobody jumps any more once the slice has been computed away.
static void heed_time(struct green *green)
{
    if (green->turns.spent)
        green->scheduler.budget = 0;
}

static int step_compute(struct lane *lane, const struct step *step)
{
    struct green *green = green_of_lane(green_lane_of(lane));

    lane->check += turn_compute(&green->turns, step);
    heed_time(green);
    return 0;
}

static int step_block(struct lane *lane, const struct step *step)
{
    struct green *green = green_of_lane(green_lane_of(lane));

    turn_block(&green->turns, step);
    heed_time(green);
    return 0;
}

static int step_read(struct lane *lane, const struct step *step)
{
    struct green_lane *green = green_lane_of(lane);

    green->waited = true;
    green->waits = step;
    file_read_start(*green_read(green), step);
    return LANE_PARK;
}

static int step_lock(struct lane *lane, const struct step *step)
{
    struct green_lane *green = green_lane_of(lane);
    struct green *scheduler = green_of_lane(green);

    lane->locking = (uint16_t)step->kind;
    if (shared_lock_take(lane_lock_of(lane, step->kind), &scheduler->waiters[green - scheduler->lanes].waiter))
        return lane_take_lock(lane, step->kind);
    green->waited = true;
    green->waits = step;
    return LANE_PARK;
}

static struct mpsc_queue *home_of(struct lane *lane)
{
    return green_of_lane(green_lane_of(lane))->turns.reactor.home;
}

static int step_unlock(struct lane *lane, const struct step *step)
{
    return lane_give_lock(lane, STEP_LOCK, home_of(lane));
}

static int step_unlock_file(struct lane *lane, const struct step *step)
{
    return lane_give_lock(lane, STEP_LOCK_FILE, home_of(lane));
}

// A yield is the walk's own (walk.c).
static step_function *const green_steps[STEP_KIND_COUNT] = {
    [STEP_SLEEP] = step_sleep,
    [STEP_FETCH] = step_fetch,
    [STEP_COMPUTE] = step_compute,
    [STEP_BLOCK] = step_block,
    [STEP_READ] = step_read,
    [STEP_LOCK] = step_lock,
    [STEP_UNLOCK] = step_unlock,
    [STEP_LOCK_FILE] = step_lock,
    [STEP_UNLOCK_FILE] = step_unlock_file,
    [STEP_GATHER] = green_gather,
    LANE_FILE_STEPS(LANE_STEP) LANE_STEPS(LANE_STEP) // none of them waits
};

void green_connect(struct green_lane *lane, struct http_get *get)
{
    lane->lane.extra->get = get;
    get->owner = lane;
    get->done = on_fetched;
}

int green_lane_open(struct green_lane *lane, uint32_t place, uint32_t index)
{
    struct green *green = green_of_lane(lane);
    struct trial *trial = green->turns.trial;
    int err;

    lane->timer.fire = on_timer;
    if (green->waiters != NULL)
        green->waiters[place] = (struct green_waiter){
            .waiter = {.continuation.run = on_locked, .home = green->turns.reactor.home}, .lane = lane};
    lane->lane = (struct lane){.trial = trial, .index = index, .parks = true};
    err = lane_open_buffers(&lane->lane, trial);
    if (err == 0)
        lane_use_steps(&lane->lane, green_steps);
    if (err == 0 && trial->kinds & STEP_BIT(STEP_READ)) {
        struct file_read **read = green_read(lane);

        err = file_read_open(&lane->lane, &green->turns.reactor, read);
        if (err != 0)
            return err;
        (*read)->owner = lane;
        (*read)->done = on_read;
    }
    if (err == 0 && trial->kinds & STEP_BIT(STEP_FETCH) && !lane->child) {
        struct http_get **get = &lane->lane.extra->get;

        err = http_get_open(trial, get);
        if (err != 0)
            return err;
        green_connect(lane, *get);
        reactor_assign(&green->turns.reactor, *get, place);
    }
    return err;
}

void green_lane_close(struct green_lane *lane)
{
    if (!lane->child && lane->lane.extra != NULL)
        http_get_close(lane->lane.extra->get);
    if (green_of_lane(lane)->reads != NULL)
        file_read_close(*green_read(lane));
    lane_close_buffers(&lane->lane);
}

static void start_fetch(struct green *green, struct green_lane *lane)
{
    struct http_get *get = lane->lane.extra->get;
    bool connected = get != NULL;

    lane->fetches = false;
    if (!connected)
        get = reactor_take_get(&green->turns.reactor);
    if (get == NULL) {
        green_wake(lane, task_status_from_errno(ENOMEM));
        return;
    }
    if (!connected)
        green_connect(lane, get);
    reactor_fetch(&green->turns.reactor, get, lane->waits);
}

void green_start_fetches(struct green *green)
{
    while (green->fetches != NULL) {
        struct green_lane *lane = CONTAINER_OF(green->fetches, struct green_lane, item);

        green->fetches = lane->item.next;
        start_fetch(green, lane);
    }
}

void green_withdraw_fetch(struct green_lane *lane)
{
    struct queue_item **at = &green_of_lane(lane)->fetches;

    while (*at != &lane->item)
        at = &(*at)->next;
    *at = lane->item.next;
    lane->fetches = false;
}

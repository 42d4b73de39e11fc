// SPDX-License-Identifier: MIT
// M:N: a scheduler of green threads for each core. A scheduler takes in as many tasks as it has free lanes; what it has not
// begun yet an idle one may steal, if it has a free lane itself. A begun task never moves to another thread.
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "models/carry/green/scheduler.h"
#include "models/carry/http_get.h"
#include "models/carry/loop/loop_threads.h"
#include "models/carry/loop/spmc_queue.h"
#include "models/model.h"

struct scheduler {
    struct green green;      // first: a green is its scheduler
    struct spmc_queue queue; // tasks taken in and not begun, never more than there are free lanes
    uint32_t index;
    bool resting; // its own thread's note of `idle`
    bool drained;
    uint64_t taken_in, steals;
    _Alignas(CACHE_LINE)
        atomic_bool idle; // has free lanes and nothing to do: to be woken when there is something to steal
};

_Static_assert(offsetof(struct scheduler, idle) == sizeof(struct scheduler) - CACHE_LINE,
               "what others write of a scheduler shares no line with what it counts");

// Of the one trial of this process.
static struct {
    struct scheduler **schedulers;
    uint32_t count;
    _Alignas(CACHE_LINE) _Atomic uint32_t idle;    // schedulers that are
    _Alignas(CACHE_LINE) _Atomic uint32_t drained; // schedulers that will take in nothing any more
} all;

static struct scheduler *scheduler_of(struct green *green)
{
    return (struct scheduler *)green;
}

// Takes the idle mark off a scheduler; true for the one who did.
static bool unmark(struct scheduler *scheduler)
{
    if (!atomic_exchange(&scheduler->idle, false))
        return false;
    atomic_fetch_sub(&all.idle, 1);
    return true;
}

// Wakes up to `most` idle schedulers.
static void wake_idle(struct scheduler *self, uint32_t most)
{
    for (uint32_t i = 1; i < all.count && most > 0 && atomic_load(&all.idle) > 0; i++) {
        struct scheduler *other = all.schedulers[(self->index + i) % all.count];

        if (unmark(other)) {
            mpsc_queue_wake(other->green.turns.reactor.home);
            most--;
        }
    }
}

static bool take_in(struct scheduler *self, uint64_t free_ns)
{
    struct slot *slot = intake_next(&self->green.turns.intake, self->green.turns.last_ns);

    if (slot == NULL)
        return false;
    if (!self->green.turns.trial->open_loop)
        slot->arrival_ns = free_ns;
    self->taken_in++;
    spmc_queue_push(&self->queue, slot);
    return true;
}

// In a closed loop a lane's next task arrives when the lane is free, and is taken in then. It can be begun at once if it is the
// only one, and the lane goes on with it or there is nothing else to do.
static void lane_freed(struct green *green, struct green_lane *lane)
{
    struct scheduler *self = scheduler_of(green);

    if (!green->turns.trial->open_loop && take_in(self, lane->lane.free_ns) &&
        (spmc_queue_size(&self->queue) > 1 || (!lane->waited && fiber_any_ready(&green->scheduler))))
        wake_idle(self, 1);
}

// In an open loop a task is taken in for each free lane that has none taken in for it yet, as far as tasks have arrived; in a
// closed one that is left only for lanes whose task was stolen. If it is more than can be begun at once, an idle scheduler is
// told.
static void take_in_all(struct scheduler *self, uint32_t free_lanes)
{
    uint32_t waiting = spmc_queue_size(&self->queue), before = waiting;

    while (waiting < free_lanes && take_in(self, self->green.turns.last_ns))
        waiting++;
    if (waiting > before && waiting > 1)
        wake_idle(self, 1);
}

// It may not be the only one there: whoever steals passes the word on.
static struct slot *steal(struct scheduler *self)
{
    for (uint32_t i = 1; i < all.count; i++) {
        struct scheduler *victim = all.schedulers[(self->index + i) % all.count];
        struct slot *slot = spmc_queue_pop(&victim->queue);

        if (slot == NULL)
            continue;
        self->steals++;
        if (spmc_queue_size(&victim->queue) > 0)
            wake_idle(self, 1);
        return slot;
    }
    return NULL;
}

static struct slot *next_task(struct green *green, struct green_lane *lane)
{
    struct scheduler *self = scheduler_of(green);
    struct slot *slot;

    take_in_all(self, green->turns.intake.idle_count + 1); // and this lane
    slot = spmc_queue_pop(&self->queue);
    if (slot == NULL && !fiber_any_ready(&green->scheduler))
        slot = steal(self);
    if (slot != NULL)
        lane->lane.free_ns = slot->arrival_ns; // of a closed loop: of the lane that it was taken in for
    return slot;
}

static bool any_to_steal(const struct scheduler *self)
{
    for (uint32_t i = 0; i < all.count; i++) {
        if (all.schedulers[i] != self && spmc_queue_size(&all.schedulers[i]->queue) > 0)
            return true;
    }
    return false;
}

// A scheduler has drained once there is nothing left to claim and its queue is empty; there are no more tasks once all have.
static bool is_exhausted(struct green *green)
{
    struct scheduler *self = scheduler_of(green);

    if (!self->drained && green->turns.intake.exhausted && spmc_queue_size(&self->queue) == 0) {
        self->drained = true;
        if (atomic_fetch_add(&all.drained, 1) + 1 == all.count)
            wake_idle(self, all.count);
    }
    return atomic_load(&all.drained) == all.count;
}

// Marks the scheduler as idle and then looks once more, while the others first act and then look who is idle, all in one
// order (seq_cst): so either it sees what they did, or they see the mark and wake it.
static bool rest(struct green *green)
{
    struct scheduler *self = scheduler_of(green);

    if (green->turns.intake.idle_count == 0)
        return true; // it could not carry more
    atomic_fetch_add(&all.idle, 1);
    atomic_store(&self->idle, true);
    self->resting = true;
    return !any_to_steal(self) && atomic_load(&all.drained) < all.count;
}

static void wake(struct green *green)
{
    struct scheduler *self = scheduler_of(green);

    if (self->resting)
        (void)unmark(self);
    self->resting = false;
}

static const struct green_source source = {
    .next = next_task,
    .freed = lane_freed,
    .exhausted = is_exhausted,
    .rest = rest,
    .wake = wake,
};

static int open_scheduler(void *loop, struct trial *trial, const struct share *share)
{
    struct scheduler *self = loop;

    self->index = share->index;
    all.schedulers[self->index] = self;
    if (spmc_queue_open(&self->queue, share->lanes) != 0)
        return trial_fail(trial, -ENOMEM, "out of memory for %u tasks in flight", share->lanes);
    return green_scheduler_open(&self->green, trial, share, &source, false);
}

static void stop_scheduler(void *loop)
{
    reactor_stop(&((struct green *)loop)->turns.reactor);
}

static void count_scheduler(void *loop, struct trial *trial)
{
    struct scheduler *self = loop;

    trial_count(trial, "taken_in", self->taken_in);
    trial_count(trial, "steals", self->steals);
    trial_count(trial, "fiber_parks", self->green.scheduler.switches);
}

static void close_scheduler(void *loop)
{
    struct scheduler *self = loop;

    green_scheduler_close(&self->green);
    spmc_queue_close(&self->queue);
}

static int green_multi_open(struct trial *trial)
{
    static const struct loop_kind kind = {
        .loop_bytes = sizeof(struct scheduler),
        .open = open_scheduler,
        .run = green_scheduler_run,
        .stop = stop_scheduler,
        .count = count_scheduler,
        .close = close_scheduler,
    };

    all.count = loop_threads_count(trial);
    all.schedulers = calloc(all.count, sizeof *all.schedulers);
    if (all.schedulers == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory for %u schedulers", all.count);
    return loop_threads_open(trial, &kind);
}

static void green_multi_close(struct trial *trial)
{
    loop_threads_close(trial);
    free((void *)all.schedulers);
    all.schedulers = NULL;
}

const struct model model_green_multi = {
    .name = "green-multi",
    .kin = "Go, Erlang, Java's Loom",
    .also = "golang, goroutines, goroutine, virtual threads, tokio",
    .group = "Coroutines and green threads",
    .summary = "green threads on all cores: one scheduler for each",
    .about =
        "Many green threads on few operating-system threads, one for each core: what Go calls goroutines, Erlang processes "
        "and Java virtual threads. A task that waits costs a stack and no kernel thread; tasks that compute run on all "
        "cores. An idle scheduler takes any task that has arrived and not begun; one that has begun stays where it is, "
        "unlike Go's, which may move it. There is no preemption: a task that computes holds its scheduler.",
    .example = "ccbench --model=threads,green,green-multi --workload=fib",
    .can = STEP_ALL,
    .parameters = {CLIENT_PARAMETER},
    .many_cores = true,
    .open = green_multi_open,
    .run = loop_threads_run,
    .close = green_multi_close,
};

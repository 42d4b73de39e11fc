// SPDX-License-Identifier: MIT
// Stackful green threads on one OS thread: the same walk() as threads, over step functions that park on the reactor.
#include "models/carry/green/scheduler.h"
#include "models/carry/http_get.h"
#include "models/carry/loop/loop_alone.h"
#include "models/model.h"

static int open_scheduler(void *loop, struct trial *trial, const struct share *share)
{
    return green_scheduler_open(loop, trial, share, NULL, false);
}

static void count(void *loop, struct trial *trial)
{
    trial_count(trial, "fiber_parks", ((struct green *)loop)->scheduler.switches);
}

static int green_open(struct trial *trial)
{
    static const struct loop_kind kind = {
        .loop_bytes = sizeof(struct green),
        .open = open_scheduler,
        .run = green_scheduler_run,
        .count = count,
        .close = green_scheduler_close,
    };

    return loop_alone_open(trial, &kind);
}

const struct model model_green = {
    .name = "green",
    .kin = "gevent, eventlet",
    .also = "greenlets, greenlet, fibers, fiber",
    .group = "Coroutines and green threads",
    .summary = "stackful green threads on one event loop",
    .about =
        "Green threads: each task has a stack of its own, but all of them share one thread of the operating system. The code "
        "is that of a blocking program; where it would block, the library parks the task on the event loop and jumps to "
        "the next ready one, in a few nanoseconds and without the kernel. That is how gevent and eventlet let unchanged "
        "programs behave like an event loop. A stack costs at least a page per task, and as with every event loop, "
        "computing stops all others.",
    .example = "ccbench --model=threads,green --workload=http:10ms --tasks=1000 --concurrency=100",
    .can = STEP_ALL,
    .parameters = {CLIENT_PARAMETER},
    .open = green_open,
    .run = loop_alone_run,
    .close = loop_alone_close,
};

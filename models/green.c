// SPDX-License-Identifier: MIT
// Stackful green threads on one OS thread: the same walk() as threads, over step functions that park on the reactor.
#include <errno.h>
#include <stdlib.h>

#include "models/carry/green/scheduler.h"
#include "models/model.h"

static int green_open(struct trial *trial)
{
    struct green *green = calloc(1, sizeof *green);
    struct share share = share_all(trial);

    trial->state = green;
    if (green == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    return green_scheduler_open(green, trial, &share, NULL, false);
}

static int green_run(struct trial *trial)
{
    struct green *green = trial->state;
    int err = green_scheduler_run(green);

    trial_count(trial, "fiber_parks", green->scheduler.switches);
    file_pool_count(trial);
    return err;
}

static void green_close(struct trial *trial)
{
    if (trial->state == NULL)
        return;
    green_scheduler_close(trial->state);
    free(trial->state);
    trial->state = NULL;
}

const struct model model_green = {
    .name = "green",
    .kin = "gevent, eventlet",
    .group = "Coroutines and green threads",
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

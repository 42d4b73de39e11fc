// SPDX-License-Identifier: MIT
// Green threads that share one stack, as greenlets do: the live part of a parked one is copied out when another runs.
#include "models/carry/green/scheduler.h"
#include "models/carry/http_get.h"
#include "models/carry/loop/loop_alone.h"
#include "models/model.h"

static int open_scheduler(void *loop, struct trial *trial, const struct share *share)
{
    return green_scheduler_open(loop, trial, share, NULL, true);
}

static void count(void *loop, struct trial *trial)
{
    trial_count(trial, "fiber_parks", ((struct green *)loop)->scheduler.switches);
    trial_count(trial, "bytes_copied", ((struct green *)loop)->copied_bytes);
}

static int green_copy_open(struct trial *trial)
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

const struct model model_green_copy = {
    .name = "green-copy",
    .kin = "greenlet (gevent, eventlet)",
    .group = "Coroutines and green threads",
    .summary = "green threads that share one stack; a parked one's frames are copied out",
    .about =
        "Green threads as greenlet makes them, on which gevent and eventlet stand: all of them run on the same piece of "
        "stack, and when one must make room for another, the part that it uses is copied to the heap, and back when it "
        "goes on. So a parked task costs as many bytes as its calls have put on the stack, often less than two hundred, "
        "instead of whole pages; the price is two copies a switch, which grow with the depth of the calls.",
    .example = "ccbench --model=green,green-copy --workload=sleep:1s --tasks=10k --concurrency=10k -v",
    .can = STEP_ALL,
    .parameters = {CLIENT_PARAMETER},
    .open = green_copy_open,
    .run = loop_alone_run,
    .close = loop_alone_close,
};

// SPDX-License-Identifier: MIT
// Green threads that share one stack, as greenlets do: the live part of a parked one is copied out when another runs.
#include <errno.h>
#include <stdlib.h>

#include "models/carry/green/scheduler.h"
#include "models/model.h"

static int green_copy_open(struct trial *trial)
{
    struct green *green = calloc(1, sizeof *green);
    struct share share = share_all(trial);

    trial->state = green;
    if (green == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    return green_scheduler_open(green, trial, &share, NULL, true);
}

static int green_copy_run(struct trial *trial)
{
    struct green *green = trial->state;
    int err = green_scheduler_run(green);

    trial_count(trial, "fiber_parks", green->scheduler.switches);
    file_pool_count(trial);
    trial_count(trial, "bytes_copied", green->copied_bytes);
    return err;
}

static void green_copy_close(struct trial *trial)
{
    if (trial->state == NULL)
        return;
    green_scheduler_close(trial->state);
    free(trial->state);
    trial->state = NULL;
}

const struct model model_green_copy = {
    .name = "green-copy",
    .kin = "greenlet (gevent, eventlet)",
    .group = "Coroutines and green threads",
    .summary = "green threads that share one stack; a parked one's frames are copied out",
    .about = "Green threads as greenlet makes them, on which gevent and eventlet stand: all of them run on the same piece of "
             "stack, and when one must make room for another, the part that it uses is copied to the heap, and back when it "
             "goes on. So a parked task costs as many bytes as its calls have put on the stack, often less than two hundred, "
             "instead of whole pages; the price is two copies a switch, which grow with the depth of the calls.",
    .example = "ccbench --model=green,green-copy --workload=sleep:1s --tasks=10k --concurrency=10k -v",
    .can = STEP_ALL,
    .open = green_copy_open,
    .run = green_copy_run,
    .close = green_copy_close,
};

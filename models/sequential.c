// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>

#include "models/carry/http_get.h"
#include "models/carry/stack/blocking.h"
#include "models/model.h"

static int sequential_open(struct trial *trial)
{
    struct lane *lane = lanes_new(1);
    int err;

    if (lane == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    trial->state = lane;
    err = lane_open_blocking(lane, trial, 0);
    lane_use_steps(lane, blocking_steps_in_turn);
    return err;
}

static int sequential_run(struct trial *trial)
{
    lane_run_all(trial->state);
    return 0;
}

static void sequential_close(struct trial *trial)
{
    if (trial->state == NULL)
        return;
    lane_close_blocking(trial->state);
    free(trial->state);
    trial->state = NULL;
}

const struct model model_sequential = {
    .name = "sequential",
    .kin = "a plain loop",
    .group = "One at a time",
    .summary = "one task after the other: the yardstick",
    .about =
        "One task after the other, in one thread, as a plain loop does it. While a task waits, nothing else happens, so "
        "the waiting adds up; while it computes, one core is busy and the others idle. It is the simplest program, it "
        "cannot race or deadlock, and it is what every other model is compared with.",
    .example = "ccbench --model=sequential,threads --workload=sleep:10ms",
    .can = STEP_ALL,
    .parameters = {CLIENT_PARAMETER},
    .one_lane = true,
    .open = sequential_open,
    .run = sequential_run,
    .close = sequential_close,
};

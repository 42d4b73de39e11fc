// SPDX-License-Identifier: MIT
// Callbacks on one thread.
#include <errno.h>
#include <stdlib.h>

#include "models/carry/loop/callbacks.h"
#include "models/model.h"

static int eventloop_open(struct trial *trial)
{
    struct callback_loop *loop = calloc(1, sizeof *loop);
    struct share share = share_all(trial);

    trial->state = loop;
    if (loop == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    return callback_loop_open(loop, trial, &share, callback_steps, NULL);
}

static int eventloop_run(struct trial *trial)
{
    int err = callback_loop_run(trial->state);

    file_pool_count(trial);
    return err;
}

static void eventloop_close(struct trial *trial)
{
    if (trial->state == NULL)
        return;
    callback_loop_close(trial->state);
    free(trial->state);
    trial->state = NULL;
}

const struct model model_eventloop = {
    .name = "eventloop",
    .kin = "Twisted, Node: callbacks",
    .group = "Event loops",
    .summary = "one thread, one event loop, callbacks",
    .about = "One thread with an event loop (libuv). A task that must wait registers a callback and returns; the loop runs "
             "whatever is ready next. So one thread keeps thousands of tasks in flight, at a few dozen bytes each and without a "
             "switch through the kernel. But a task that computes, or calls something that blocks, stops all others, and a "
             "second core is never used. Written in this style a program becomes a set of callbacks. Twisted and Node.js work "
             "so.",
    .example = "ccbench --model=threads,eventloop --workload=sleep:50ms --tasks=1000 --concurrency=1000",
    .can = STEP_ALL,
    .open = eventloop_open,
    .run = eventloop_run,
    .close = eventloop_close,
};

// SPDX-License-Identifier: MIT
// One event loop for each core, each on a thread of its own.
#include "models/carry/http_get.h"
#include "models/carry/loop/callbacks.h"
#include "models/carry/loop/loop_threads.h"
#include "models/model.h"

static int eventloop_multi_open(struct trial *trial)
{
    return loop_threads_open(trial, &callback_loop_kind);
}

const struct model model_eventloop_multi = {
    .name = "eventloop-multi",
    .kin = "nginx, Node's cluster",
    .group = "Event loops",
    .summary = "one event loop for each core, each in a thread of its own",
    .about =
        "One event loop for each core, each on its own thread with its share of what is in flight; they share nothing but the tasks. "
        "That is how nginx and Node's cluster use a machine: the event loop's thrift with waiting, and all cores for "
        "computing. A task that computes still stops the other tasks of its loop, but no longer all of them.",
    .example = "ccbench --model=eventloop,eventloop-multi --workload=fib",
    .can = STEP_ALL,
    .parameters = {CLIENT_PARAMETER},
    .many_cores = true,
    .open = eventloop_multi_open,
    .run = loop_threads_run,
    .close = loop_threads_close,
};

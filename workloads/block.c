// SPDX-License-Identifier: MIT
#include "workloads/workload.h"

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    workload->tasks = 32;
    workload->concurrency = 8;
    return workload_make_wait(workload, STEP_BLOCK, argument, "makes a call that blocks for", error);
}

const struct workload_kind workload_block = {
    .name = "block",
    .group = "What goes wrong",
    .summary = "each task makes a blocking call, as of a library that knows nothing of event loops",
    .about =
        "Each task makes a call that blocks the thread it runs on, as a database driver or a resolver without support for "
        "async does. Threads and processes do not mind: that is what they are for. Under an event loop, coroutines and "
        "green threads the call stops all other tasks, and the times add up as if there were only one in flight; handing "
        "the call to a pool of threads is the cure.",
    .example = "ccbench --model=threads,eventloop,eventloop-offload --workload=block:10ms",
    .default_argument = "10ms",
    .argument = ARGUMENT_DURATION,
    .make = make,
};

// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>

#include "workloads/workload.h"

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    workload->tasks = 200;
    workload->concurrency = 200;
    workload->lane_per_task = true;
    snprintf(workload->describe, sizeof workload->describe, "does nothing, and has a thread, process, ... of its own");
    return workload_program(workload) != NULL ? 0 : -ENOMEM;
}

const struct workload_kind workload_spawn = {
    .name = "spawn",
    .group = "What concurrency costs",
    .summary = "nothing to do, and a place of its own for each task: the price of making threads, processes, ...",
    .about =
        "Each task does nothing, but there are as many places in flight as tasks: a thread for each, a process "
        "for each, a stack for each. So what is measured is the price of making them and taking them down, which "
        "is most of the time here: divide it by the number of tasks. A process costs more than a thread, a thread "
        "more than a green thread, and that more than an entry in the table of an event loop. The memory that each "
        "needs is measured too. With --concurrency it is the same as noop.",
    .example = "ccbench --model=threads,processes,eventloop,green --workload=spawn -v",
    .default_argument = NULL,
    .make = make,
};

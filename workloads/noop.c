// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>

#include "workloads/workload.h"

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    workload->tasks = 100000;
    workload->concurrency = cores;
    snprintf(workload->describe, sizeof workload->describe, "does nothing");
    return workload_program(workload) != NULL ? 0 : -ENOMEM;
}

const struct workload_kind workload_noop = {
    .name = "noop",
    .group = "What concurrency costs",
    .summary = "each task does nothing: the price of handing out a task",
    .about =
        "Each task begins and ends and does nothing in between, so that what remains is the model's own price for handing "
        "out one task and taking its result back. Small for anything that claims tasks from memory, large for processes "
        "that send messages. No real program does this; but a task that is shorter than this price is not worth handing "
        "out. There is no ideal time: the limit is zero.",
    .example = "ccbench --model=all --workload=noop --tasks=1m",
    .default_argument = NULL,
    .make = make,
};

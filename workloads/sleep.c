// SPDX-License-Identifier: MIT
#include "workloads/workload.h"

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    workload->tasks = 64;
    workload->concurrency = 32;
    return workload_make_wait(workload, STEP_SLEEP, argument, "sleeps", error);
}

const struct workload_kind workload_sleep = {
    .name = "sleep",
    .group = "I/O-bound",
    .summary = "each task sleeps: I/O in its purest form, nothing but waiting",
    .about =
        "Each task sleeps for the given time and does nothing else. Real I/O is mostly waiting: for a disk, a network, "
        "another program. So this shows what a model adds to waiting: with enough in flight, the sleeps overlap and "
        "all of them together should take hardly longer than one. A model that can wait for only one thing at a time "
        "takes the sum of all sleeps instead. The time of a perfect model is arithmetic, ceil(tasks / in flight) x "
        "the sleep; the distance to it is what is measured.",
    .example = "ccbench --workload=sleep:10ms --tasks=200 --concurrency=50",
    .default_argument = "10ms",
    .argument = ARGUMENT_DURATION,
    .make = make,
};

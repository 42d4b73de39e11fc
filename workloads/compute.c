// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "measure/base/clock.h"
#include "workloads/workload.h"

// All tasks together compute for about as long.
#define TOTAL_NS (200 * NS_PER_MS)
#define MOST_TASKS 10000

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    char text[UNITS_TEXT];
    uint64_t ns;

    if (units_parse_duration(argument, &ns) != 0 || ns == 0 || ns > COMPUTE_TIME_MAX_NS)
        return workload_refuse(error, "'%s' is not how long to compute, expected a time up to 1h such as compute:1ms",
                               argument);
    workload->concurrency = cores;
    workload->tasks = TOTAL_NS / ns < MOST_TASKS ? (uint32_t)(TOTAL_NS / ns) : MOST_TASKS;
    if (workload->tasks < 4 * cores)
        workload->tasks = 4 * cores;
    snprintf(workload->describe, sizeof workload->describe, "computes for %s", units_format_duration(text, (double)ns));
    return program_append_compute(workload_program(workload), argument);
}

const struct workload_kind workload_compute = {
    .name = "compute",
    .group = "CPU-bound",
    .summary = "each task computes for a time: from which length on a model pays off",
    .about =
        "Each task computes for the given time, which ccbench turns into so many times the same small Fibonacci "
        "number: it measures once, before the comparison, how long one takes, and every model gets the same "
        "count. Models of another language (-m python) get a count of their own, measured in a plain loop of that "
        "language: here it is the same time for all, and CPython does less in it; fib:N is the same work for all, "
        "and CPython takes some seventy times as long. Long tasks gain from every core that a model can use. Short ones lose more by being handed out "
        "than they gain, and processes, which send each as a message, lose most. Between the two is the length "
        "from which on it pays, which a sweep names: compute:10us..10ms:x4.",
    .example = "ccbench --model=sequential,threads,processes --workload=compute:10us..10ms:x4",
    .default_argument = "1ms",
    .argument = ARGUMENT_DURATION,
    .make = make,
};

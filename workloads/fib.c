// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "measure/base/units.h"
#include "workloads/program/compute.h"
#include "workloads/workload.h"

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    uint64_t n;

    if (units_parse_count(argument, &n) != 0 || n > COMPUTE_MAX)
        return workload_refuse(error, "'%s' is not a Fibonacci number to compute, expected 0 to %d such as fib:30",
                               argument, COMPUTE_MAX);
    workload->tasks = 64;
    workload->concurrency = cores;
    snprintf(workload->describe, sizeof workload->describe, "computes fib(%u)", (unsigned)n);
    return program_add(workload_program(workload), STEP_COMPUTE, n);
}

const struct workload_kind workload_fib = {
    .name = "fib",
    .group = "CPU-bound",
    .summary = "each task computes a Fibonacci number the slow way: CPU-bound, no waiting at all",
    .about =
        "Each task computes a Fibonacci number by the doubly recursive definition, which is nothing but function calls "
        "and additions: pure work for the processor, no memory, no waiting. Only a model that uses several cores at "
        "once can be faster than one task after the other. Threads and processes do; a global interpreter lock, an "
        "event loop and green threads use one core, whatever their number of tasks. Every model runs the same object "
        "code. By default as many tasks are in flight as there are cores.",
    .example = "ccbench --model=sequential,threads,gil,processes --workload=fib:32",
    .default_argument = "31",
    .argument = ARGUMENT_COUNT,
    .make = make,
};

// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "measure/base/units.h"
#include "workloads/program/compute.h"
#include "workloads/workload.h"

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    char number[UNITS_TEXT];
    const char *how = workload_argument_parts(argument, ':', number);
    bool nogil = how != NULL && strcmp(how, "nogil") == 0;
    struct step *step;
    uint64_t n;

    if ((how != NULL && !nogil) || units_parse_count(number, &n) != 0 || n > COMPUTE_MAX)
        return workload_refuse(
            error, "'%s' is not a Fibonacci number to compute, expected 0 to %d such as fib:30 or fib:30:nogil",
            argument, COMPUTE_MAX);
    step = program_append(workload_program(workload), STEP_COMPUTE);
    if (step == NULL)
        return -ENOMEM;
    step->arg = n;
    step->nogil = nogil;
    workload->tasks = 64;
    workload->concurrency = cores;
    snprintf(workload->describe, sizeof workload->describe, "computes fib(%u)%s", (unsigned)n,
             nogil ? " without the interpreter's lock" : "");
    return 0;
}

const struct workload_kind workload_fib = {
    .name = "fib",
    .group = "CPU-bound",
    .summary = "each task computes a Fibonacci number the slow way: CPU-bound, no waiting at all",
    .about =
        "Each task computes a Fibonacci number by the doubly recursive definition, which is nothing but function calls "
        "and additions: pure work for the processor, no memory, no waiting. Only a model that uses several cores at "
        "once can be faster than one task after the other. Threads and processes do; a global interpreter lock, an "
        "event loop and green threads use one core, whatever their number of tasks. Every model in C runs the same "
        "object code; those of another language do the same work in it, which takes CPython some seventy times as long "
        "(compute:2ms is the same time for each language instead). With :nogil the interpreter's lock is given up meanwhile, as NumPy, hashlib and zlib do for large data: then "
        "threads under such a lock use several cores too, and nothing changes for anybody else. By default as many tasks "
        "are in flight as there are cores.",
    .example = "ccbench --model=sequential,threads,gil,processes --workload=fib:27,fib:27:nogil",
    .default_argument = "29",
    .argument = ARGUMENT_COUNT,
    .make = make,
};

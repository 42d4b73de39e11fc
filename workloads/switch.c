// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "measure/base/text.h"
#include "measure/base/units.h"
#include "workloads/workload.h"

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    uint64_t n;

    if (units_parse_count(argument, &n) != 0 || n < 1 || n > 1000000)
        return workload_refuse(error, "'%s' is not how often to yield, expected 1 to 1000000 such as switch:100",
                               argument);
    workload->tasks = 1000;
    workload->concurrency = 100;
    snprintf(workload->describe, sizeof workload->describe, "yields %u time%s", (unsigned)n, text_plural((double)n));
    return program_add(workload_program(workload), STEP_YIELD, n);
}

const struct workload_kind workload_switch = {
    .name = "switch",
    .group = "What concurrency costs",
    .summary = "each task lets others run, again and again: the price of a switch",
    .about =
        "Each task does nothing but give way to the others, again and again. So what is measured is the price of switching "
        "from one task to the next: a few nanoseconds where a library does it, about a microsecond where the kernel must. "
        "Divide the CPU per task by the number of yields. Under sequential there is nobody to give way to.",
    .example = "ccbench --model=threads,eventloop,async,green --workload=switch:100",
    .default_argument = "100",
    .argument = ARGUMENT_COUNT,
    .make = make,
};

// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>

#include "measure/base/text.h"
#include "measure/base/units.h"
#include "workloads/workload.h"

// As deep as programs may be nested, less the outermost list.
#define MOST 60
#define YIELDS 100

// `levels` calls, one within the other, around the yields.
static int nest(struct program *program, unsigned levels)
{
    struct program *callee;

    if (levels == 0)
        return program_add(program, STEP_YIELD, YIELDS);
    callee = program_append_call(program, 1);
    return callee != NULL ? nest(callee, levels - 1) : -ENOMEM;
}

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    uint64_t n;

    if (units_parse_count(argument, &n) != 0 || n > MOST)
        return workload_refuse(error, "'%s' is not how many calls deep to wait, expected 0 to %d such as depth:32",
                               argument, MOST);
    workload->tasks = 1000;
    workload->concurrency = 32;
    snprintf(workload->describe, sizeof workload->describe, "yields %d times, %u call%s deep", YIELDS, (unsigned)n,
             text_plural((double)n));
    return nest(workload_program(workload), (unsigned)n);
}

const struct workload_kind workload_depth = {
    .name = "depth",
    .group = "What concurrency costs",
    .summary = "each task waits at the bottom of nested calls: what an await costs per level",
    .about = "Each task calls a function that calls a function, and so on, and at the bottom gives way a hundred "
             "times. A stack does not care how deep it is when it is left. A coroutine is resumed from the outermost "
             "frame through every frame down to the innermost, and each level costs a frame on the heap; so async "
             "grows with the depth, and threads and green threads do not.",
    .example = "ccbench --model=eventloop,async,green --workload=depth:1,depth:16,depth:60",
    .default_argument = "16",
    .argument = ARGUMENT_COUNT,
    .make = make,
};

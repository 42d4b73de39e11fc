// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>

#include "measure/base/clock.h"
#include "measure/base/text.h"
#include "measure/base/units.h"
#include "workloads/workload.h"

#define NAP_NS (50 * NS_PER_MS)

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    char first[UNITS_TEXT], text[UNITS_TEXT];
    const char *nap = workload_argument_parts(argument, ':', first);
    struct program *children;
    uint64_t count, ns = NAP_NS;
    int err = 0;

    if (units_parse_count(first, &count) != 0 || count < 1 || count > STEP_CHILDREN_MAX)
        return workload_refuse(error, "'%s' is not how many sleeps to gather, expected 1 to %d such as gather:2", first,
                               STEP_CHILDREN_MAX);
    if (nap != NULL && (units_parse_duration(nap, &ns) != 0 || ns > 3600 * NS_PER_S))
        return workload_refuse(error, "'%s' is not how long to sleep, expected a time up to 1h such as gather:2:1s",
                               nap);
    workload->tasks = 16;
    workload->concurrency = 8;
    snprintf(workload->describe, sizeof workload->describe, "gathers %u sleep%s of %s", (unsigned)count,
             text_plural((double)count), units_format_duration(text, (double)ns));
    children = program_append_gather(workload_program(workload), count);
    if (children == NULL)
        return -ENOMEM;
    for (uint64_t i = 0; err == 0 && i < count; i++)
        err = program_add(&children[i], STEP_SLEEP, ns);
    return err;
}

const struct workload_kind workload_gather = {
    .name = "gather",
    .group = "I/O-bound",
    .summary = "each task sleeps several times at once: two sleeps in the time of one",
    .about =
        "Each task starts several sleeps at once and goes on when the last has ended, as await asyncio.gather(...) does, or a "
        "program that starts some threads and joins them. Under a model that overlaps waiting inside a task too, it takes "
        "as long as one sleep; under a plain loop, as long as all of them. The price is what a child is made of: a thread, "
        "a process, a coroutine or a green thread for each. gather:2:1s says how long they sleep.",
    .example = "ccbench --workload=gather:2:1s --tasks=1 -c 1 --model=sequential,threads,async",
    .default_argument = "2",
    .argument = ARGUMENT_COUNT,
    .make = make,
};

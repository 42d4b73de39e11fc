// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>

#include "measure/clock.h"
#include "measure/units.h"
#include "workloads/workload.h"

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    struct program program = {0};
    struct step *step;
    uint64_t ns;
    char text[UNITS_TEXT];

    (void)cores;
    if (units_parse_duration(argument, &ns) != 0 || ns > 3600 * NS_PER_S) {
        snprintf(error, WORKLOAD_ERROR, "'%s' is not how long to block, expected a time up to 1h such as block:10ms", argument);
        return -EINVAL;
    }
    step = program_append(&program, STEP_BLOCK);
    if (step == NULL)
        return -ENOMEM;
    step->arg = ns;
    workload->tasks = 32;
    workload->concurrency = 8;
    snprintf(workload->describe, sizeof workload->describe, "makes a call that blocks for %s",
             units_format_duration(text, (double)ns));
    return task_mix_single(&workload->mix, "block", &program);
}

const struct workload_kind workload_block = {
    .name = "block",
    .summary = "each task makes a blocking call, as of a library that knows nothing of event loops",
    .about = "Each task makes a call that blocks the thread it runs on, as a database driver or a resolver without support for "
             "async does. Threads and processes do not mind: that is what they are for. Under an event loop, coroutines and "
             "green threads the call stops all other tasks, and the times add up as if there were only one in flight; handing "
             "the call to a pool of threads is the cure.",
    .example = "ccbench --model=threads,eventloop,eventloop-offload --workload=block:10ms",
    .default_argument = "10ms",
    .make = make,
};

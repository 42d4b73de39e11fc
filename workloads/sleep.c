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
        snprintf(error, WORKLOAD_ERROR, "'%s' is not how long to sleep, expected a time up to 1h such as sleep:10ms", argument);
        return -EINVAL;
    }
    step = program_append(&program, STEP_SLEEP);
    if (step == NULL)
        return -ENOMEM;
    step->arg = ns;
    workload->tasks = 64;
    workload->concurrency = 32;
    snprintf(workload->describe, sizeof workload->describe, "sleeps %s", units_format_duration(text, (double)ns));
    return task_mix_single(&workload->mix, "sleep", &program);
}

const struct workload_kind workload_sleep = {
    .name = "sleep",
    .summary = "each task sleeps: I/O in its purest form, nothing but waiting",
    .about = "Each task sleeps for the given time and does nothing else. Real I/O is mostly waiting: for a disk, a network, "
             "another program. So this shows what a model adds to waiting: with enough in flight, the sleeps overlap and "
             "all of them together should take hardly longer than one. A model that can wait for only one thing at a time "
             "takes the sum of all sleeps instead. The time of a perfect model is arithmetic, ceil(tasks / in flight) x "
             "the sleep; the distance to it is what is measured.",
    .example = "ccbench --workload=sleep:10ms --tasks=200 --concurrency=50",
    .default_argument = "10ms",
    .make = make,
};

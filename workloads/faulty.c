// SPDX-License-Identifier: MIT
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "workloads/workload.h"

// Of so many tasks, the share that fails is dealt exactly.
#define WEIGHTS 100000

static const struct kind_of_task {
    const char *name, *path;
    bool fails;
} kinds[] = {
    {"good", "/delay/5ms/bytes/1k", false},
    {"error", "/delay/5ms/status/503", true},
    {"reset", "/delay/5ms/reset", true},
};

static int fill(struct task_mix *mix, double share)
{
    uint32_t failing = (uint32_t)fmax(1, round(share / 2 * WEIGHTS));
    uint32_t weights[] = {WEIGHTS - 2 * failing, failing, failing};

    for (int i = 0; i < 3; i++) {
        struct task_class *class = weights[i] > 0 ? task_mix_add(mix, kinds[i].name, weights[i]) : NULL;

        if (weights[i] == 0)
            continue;
        if (class == NULL || program_add_fetch(&class->program, kinds[i].path) != 0)
            return -ENOMEM;
        class->fails = kinds[i].fails;
    }
    return 0;
}

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    double share;

    if (units_parse_share(argument, &share) != 0 || share <= 0 || share > 1)
        return workload_refuse(
            error, "'%s' is not the share of tasks that fails, expected above 0%% and up to 100%% such as faulty:10%%",
            argument);
    workload->tasks = 100;
    workload->concurrency = 16;
    snprintf(workload->describe, sizeof workload->describe,
             "fetches a page that comes after 5 ms; %.3g %% of them fail on purpose", 100 * share);
    return fill(&workload->mix, share);
}

const struct workload_kind workload_faulty = {
    .name = "faulty",
    .group = "What goes wrong",
    .summary = "some tasks fail: half of those get an error, half lose their connection",
    .about = "Each task fetches a page, and the given share of them fails on purpose: half of those are answered with "
             "the status 503, and half lose the connection in the middle of the answer. Exactly those must fail, each "
             "with its reason, and no other task may be touched, though they share a thread, a loop or a process with "
             "one that fails; else the result is wrong. A lost connection has to be made anew, which is what failures "
             "cost. Under every model a failure ends its own task alone; it is nothing that only processes can do.",
    .example = "ccbench --model=all --workload=faulty:10%",
    .default_argument = "10%",
    .make = make,
};

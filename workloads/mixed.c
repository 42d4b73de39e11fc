// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>

#include "measure/base/units.h"
#include "workloads/workload.h"

static int fill(struct task_mix *mix, const char *delay, const char *work)
{
    static const char *const names[] = {"waits", "computes", "both"};
    char path[UNITS_TEXT + 8];
    int err = 0;

    snprintf(path, sizeof path, "/delay/%s", delay);
    for (int i = 0; err == 0 && i < 3; i++) {
        struct task_class *class = task_mix_add(mix, names[i], 1);

        err = class != NULL ? 0 : -ENOMEM;
        if (err == 0 && i != 1)
            err = program_add_fetch(&class->program, path);
        if (err == 0 && i != 0)
            err = program_append_compute(&class->program, work);
    }
    return err;
}

static int refuse(const char *argument, char error[WORKLOAD_ERROR])
{
    return workload_refuse(
        error,
        "'%s' is not a mix of a delay and a computation, expected such as mixed:10ms,27 for fib(27) or mixed:10ms,2ms",
        argument);
}

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    char delay[UNITS_TEXT];
    const char *work = workload_argument_parts(argument, ',', delay);
    bool is_time;
    uint64_t ns;
    int err;

    if (work == NULL || units_parse_duration(delay, &ns) != 0)
        return refuse(argument, error);
    err = fill(&workload->mix, delay, work);
    if (err == -EINVAL)
        return refuse(argument, error);
    workload->tasks = 96;
    workload->concurrency = 32;
    is_time = units_parse_count(work, &ns) != 0;
    snprintf(workload->describe, sizeof workload->describe, "waits %s for a page, or computes %s%s%s, or does both",
             delay, is_time ? "for " : "fib(", work, is_time ? "" : ")");
    return err;
}

const struct workload_kind workload_mixed = {
    .name = "mixed",
    .group = "Both at once",
    .summary = "a third of the tasks wait for a page, a third compute, a third do one after the other",
    .about = "A third of the tasks fetch a page that comes after a delay, a third compute a Fibonacci number (or for a "
             "time: mixed:10ms,2ms), and a third fetch first and then compute. So one waits for I/O while another "
             "computes, as in most real programs. Threads and processes overlap all of it. Under a global interpreter "
             "lock, waiting overlaps with computing, but computing does not with computing. On an event loop each "
             "computation holds up the pages that have come meanwhile.",
    .example = "ccbench --workload=mixed:10ms,27",
    .default_argument = "10ms,27",
    .make = make,
};

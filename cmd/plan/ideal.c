// SPDX-License-Identifier: MIT
#include "cmd/plan/ideal.h"

#include <math.h>
#include <stdio.h>

#include "measure/base/units.h"
#include "workloads/program/compute.h"

// The closed-form limit: waiting overlaps K-fold, computing on as many cores as there are; a mix is bound by the slower.
bool ideal_of(const struct block *block, double task_cpu_ns, struct ideal *ret_ideal)
{
    double tasks = block->tasks, lanes = fmin(block->concurrency, tasks), cores = fmin(lanes, block->cores);
    double waiting_ns = ceil(tasks / lanes) * (block->mean_wait_ns + block->mean_block_ns);
    double computing_ns = tasks * task_cpu_ns / cores;
    struct ideal ideal = {.ns = fmax(waiting_ns, computing_ns)};
    char text[UNITS_TEXT];

    if (plan_open_loop(block) || block->endless_io || ideal.ns <= 0)
        return false;
    if (waiting_ns >= computing_ns)
        snprintf(ideal.formula, sizeof ideal.formula, "ceil(%.0f / %.0f) x %s", tasks, lanes,
                 units_format_duration(text, block->mean_wait_ns + block->mean_block_ns));
    else
        snprintf(ideal.formula, sizeof ideal.formula, "%.0f x %s / %.3g %s", tasks, units_format_duration(text, task_cpu_ns),
                 cores, cores == 1 ? "core" : "cores");
    *ret_ideal = ideal;
    return true;
}

const char *ideal_missing(const struct block *block)
{
    if (plan_open_loop(block))
        return "tasks arrive at times of their own";
    if (block->direct)
        return "how long the device takes is not stated";
    if (block->endless_io)
        return "the answer's delay is not stated";
    return "no closed form";
}

const char *ideal_kind(const struct block *block)
{
    double cpu_ns = block->mean_units * COMPUTE_CALL_NS, wait_ns = block->mean_wait_ns + block->mean_block_ns;

    if (block->kinds == 0)
        return "empty";
    if (block->endless_io || cpu_ns + wait_ns <= 0)
        return NULL;
    if (wait_ns >= 10 * cpu_ns)
        return "I/O-bound";
    return cpu_ns >= 10 * wait_ns ? "CPU-bound" : "mixed";
}

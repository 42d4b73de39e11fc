// SPDX-License-Identifier: MIT
#include "cmd/plan/ideal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "measure/base/units.h"
#include "workloads/program/compute.h"

// The least time that the waiting of all tasks takes, K of them at once, and its formula. Where all wait equally long, lanes
// are full but in the last turn; else only the sum is certain, and that none is done before its own wait.
static double waiting_ns(const struct block *block, double tasks, double lanes, char *formula, size_t size)
{
    double trips_ns = block->mean_trips * (double)block->round_trip_ns;
    double mean_ns = block->mean_wait_ns + block->mean_block_ns + trips_ns;
    char text[UNITS_TEXT];

    if (block->even_wait) {
        snprintf(formula, size, "ceil(%.0f / %.0f) x %s", tasks, lanes, units_format_duration(text, mean_ns));
        return ceil(tasks / lanes) * mean_ns;
    }
    if ((double)block->longest_wait_ns >= tasks * mean_ns / lanes) {
        snprintf(formula, size, "the longest task's %s", units_format_duration(text, (double)block->longest_wait_ns));
        return (double)block->longest_wait_ns;
    }
    snprintf(formula, size, "%.0f x %s / %.0f", tasks, units_format_duration(text, mean_ns), lanes);
    return tasks * mean_ns / lanes;
}

// Of a server elsewhere it is said what of the waiting is the way there and back.
static void add_trips(const struct block *block, struct ideal *ideal)
{
    double trips_ns = block->mean_trips * (double)block->round_trip_ns;
    const size_t length = strlen(ideal->formula);
    char text[UNITS_TEXT];

    if (trips_ns > 0)
        snprintf(ideal->formula + length, sizeof ideal->formula - length, ", %s of it round trips",
                 units_format_duration(text, trips_ns));
}

// The closed-form limit: waiting overlaps K-fold, computing on as many cores as there are; a mix is bound by the slower.
bool ideal_of(const struct block *block, double task_cpu_ns, struct ideal *ret_ideal)
{
    double tasks = block->tasks, lanes = fmin(block->concurrency, tasks);
    // Children compute at once, each on a core, while their task waits for them.
    double cores = fmin(lanes * fmax(1, block->children), block->cores);
    double computing_ns = tasks * task_cpu_ns / cores;
    struct ideal ideal;
    char text[UNITS_TEXT];

    ideal.ns = waiting_ns(block, tasks, lanes, ideal.formula, sizeof ideal.formula);
    add_trips(block, &ideal);

    if (plan_open_loop(block) || block->endless_io || block->cut_short || fmax(ideal.ns, computing_ns) <= 0)
        return false;
    if (computing_ns > ideal.ns) {
        ideal.ns = computing_ns;
        snprintf(ideal.formula, sizeof ideal.formula, "%.0f x %s / %.3g %s", tasks,
                 units_format_duration(text, task_cpu_ns), cores, cores == 1 ? "core" : "cores");
    }
    *ret_ideal = ideal;
    return true;
}

const char *ideal_missing(const struct block *block)
{
    if (plan_open_loop(block))
        return "tasks arrive at times of their own";
    if (block->kinds & STEP_BIT(STEP_FUNCTION))
        return "how long the function takes is not stated";
    if (block->direct)
        return "how long the device takes is not stated";
    if (block->endless_io)
        return "the answer's delay is not stated";
    if (block->cut_short)
        return "tasks that fail end early";
    if (block->mean_units > 0 && block->family_count > 1)
        return "each language has its own";
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

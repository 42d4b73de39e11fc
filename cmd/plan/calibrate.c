// SPDX-License-Identifier: MIT
#include "cmd/plan/calibrate.h"

#include <errno.h>

#include "measure/base/stats.h"
#include "workloads/program/compute.h"

// Trials of the bare loop, each of a few ms: their median is not moved by one that was disturbed.
#define TRIALS 5
#define UNITS 10000

static bool computes_for_a_time(const struct plan *plan)
{
    for (unsigned i = 0; i < plan->block_count; i++) {
        if (plan->blocks[i].total.timed_compute)
            return true;
    }
    return false;
}

static int add_units(struct task_mix *mix)
{
    struct task_class *class = task_mix_add(mix, "unit", 1);
    struct step *step = class != NULL ? program_append(&class->program, STEP_COMPUTE) : NULL;

    if (step == NULL)
        return -ENOMEM;
    step->arg = COMPUTE_UNIT_N;
    step->times = UNITS;
    return 0;
}

// One fib(COMPUTE_UNIT_N) in ns; 0 where it could not be measured.
static double measure_unit(struct trials *trials)
{
    struct block block = {.tasks = 1, .concurrency = 1, .mean_units = UNITS * compute_calls(COMPUTE_UNIT_N),
                          .cpus = trials->plan->blocks[0].cpus, .cores = 1};
    double times[TRIALS], median = 0;
    size_t n = 0;
    int err = add_units(&block.workload.mix);

    while (err == 0 && n < TRIALS && (times[n] = (double)trials_calibrate(trials, &block)) > 0)
        n++;
    task_mix_release(&block.workload.mix);
    if (n > 0) {
        stats_sort(times, n);
        median = stats_median(times, n) / UNITS;
    }
    return median;
}

int calibrate_times(struct trials *trials, struct plan *plan)
{
    double unit_ns = computes_for_a_time(plan) ? measure_unit(trials) : 0;
    int err = 0;

    for (unsigned i = 0; unit_ns > 0 && err == 0 && i < plan->block_count; i++) {
        struct task_mix *mix = &plan->blocks[i].workload.mix;

        for (size_t j = 0; j < mix->count; j++)
            program_calibrate(&mix->classes[j].program, unit_ns);
        err = plan_weigh(plan, &plan->blocks[i]);
    }
    plan->compute_unit_ns = unit_ns;
    return err;
}

// SPDX-License-Identifier: MIT
#include "cmd/rounds/calibrate.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>

#include "cmd/plan/weigh.h"
#include "measure/base/stats.h"
#include "measure/claims.h"
#include "reports/document/fields.h"
#include "workloads/program/compute.h"

// Long enough for the clock, short beside a round.
#define CALIBRATION_NS 20e6
// Trials of the bare loop, each of a few ms: their median is not moved by one that was disturbed.
#define TRIALS 5
#define UNITS 10000

uint64_t calibrate_task(struct trials *trials, const struct block *block)
{
    struct cell cell = {.entry = model_find("raw"), .lanes = 1};
    uint32_t tasks = (uint32_t)fmax(1, fmin(block->tasks, CALIBRATION_NS / (block->mean_units * COMPUTE_CALL_NS)));
    struct trial_report report = {.outcome = TRIAL_NOT_STARTED};
    double cpu_ns = NAN;

    if (block->workload.mix.count > 1)
        tasks = block->tasks; // a part of a mix is not the mix
    if (trials_run(trials, block, &cell, tasks, NULL, NULL, &report) == 0 && report.outcome == TRIAL_DONE)
        cpu_ns = field_number(report.result, "counters.raw_cpu_ns");
    if (claims_too_much_cpu(&report, cpu_ns))
        cpu_ns = NAN;
    cJSON_Delete(report.result);
    return cpu_ns > 0 ? (uint64_t)(cpu_ns / tasks) : 0;
}

static bool computes_for_a_time(const struct plan *plan)
{
    for (unsigned i = 0; i < plan->block_count; i++) {
        if (plan->blocks[i].timed_compute)
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
    struct block block = {.tasks = 1,
                          .concurrency = 1,
                          .mean_units = UNITS * compute_calls(COMPUTE_UNIT_N),
                          .cpus = trials->plan->blocks[0].cpus,
                          .cores = 1};
    double times[TRIALS], median = 0;
    size_t n = 0;
    int err = add_units(&block.workload.mix);

    while (err == 0 && n < TRIALS && (times[n] = (double)calibrate_task(trials, &block)) > 0)
        n++;
    task_mix_release(&block.workload.mix);
    if (n > 0) {
        stats_sort(times, n);
        median = stats_median(times, n) / UNITS;
    }
    return median;
}

void calibrate_times(struct trials *trials, struct plan *plan)
{
    double unit_ns = computes_for_a_time(plan) ? measure_unit(trials) : 0;

    for (unsigned i = 0; unit_ns > 0 && i < plan->block_count; i++) {
        if (plan->blocks[i].timed_compute)
            weigh_calibrated(plan->options, &plan->blocks[i], unit_ns);
    }
}

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
#define UNITS 100000

// How much slower than here it is said to compute.
static double slowness(const struct family *family)
{
    return family != NULL && family->raw != NULL ? family->raw->model->runtime->compute_times : 1;
}

// Whether its bare loop can be run at all.
static bool has_loop(const struct trials *trials, const struct family *family)
{
    return family == NULL ||
           (family->raw != NULL && (!trials->ours || runtime_ready(family->raw->model->runtime) == NULL));
}

uint64_t calibrate_task(struct trials *trials, const struct block *block, const struct family *family)
{
    const struct block *work = family != NULL ? family->work : block;
    struct cell cell = {.entry = family != NULL ? family->raw : model_find("raw"), .lanes = 1};
    double task_ns = work->mean_units * COMPUTE_CALL_NS * slowness(family);
    uint32_t tasks = (uint32_t)fmax(1, fmin(work->tasks, CALIBRATION_NS / task_ns));
    struct trial_report report = {.outcome = TRIAL_NOT_STARTED};
    double cpu_ns = NAN;

    if (!has_loop(trials, family))
        return 0;
    if (work->workload.mix.count > 1)
        tasks = work->tasks; // a part of a mix is not the mix
    if (trials_run(trials, work, &cell, tasks, NULL, NULL, &report) == 0 && report.outcome == TRIAL_DONE)
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

static int add_units(struct task_mix *mix, uint64_t units)
{
    struct task_class *class = task_mix_add(mix, "unit", 1);
    struct step *step = class != NULL ? program_append(&class->program, STEP_COMPUTE) : NULL;

    if (step == NULL)
        return -ENOMEM;
    step->arg = COMPUTE_UNIT_N;
    step->times = units;
    return 0;
}

// One fib(COMPUTE_UNIT_N) in ns; 0 where it could not be measured.
static double measure_unit(struct trials *trials, const struct family *family)
{
    uint64_t units = (uint64_t)(UNITS / slowness(family));
    struct block block = {.tasks = 1,
                          .concurrency = 1,
                          .mean_units = (double)units * compute_calls(COMPUTE_UNIT_N),
                          .cpus = trials->plan->blocks[0].cpus,
                          .cores = 1};
    struct family of_unit = {.raw = family != NULL ? family->raw : NULL, .work = &block};
    double times[TRIALS], median = 0;
    size_t n = 0;
    int err = add_units(&block.workload.mix, units);

    while (err == 0 && n < TRIALS &&
           (times[n] = (double)calibrate_task(trials, &block, family != NULL ? &of_unit : NULL)) > 0)
        n++;
    task_mix_release(&block.workload.mix);
    if (n > 0) {
        stats_sort(times, n);
        median = stats_median(times, n) / (double)units;
    }
    return median;
}

// Of the models in C, where there are some: what else computes has loops of its own.
static bool has_own_models(const struct block *block)
{
    for (unsigned i = 0; i < block->cell_count; i++) {
        if (block->cells[i].family == 0)
            return true;
    }
    return block->cell_count == 0;
}

// All blocks have the same families, in the same order.
static void calibrate_family(struct trials *trials, struct plan *plan, unsigned index)
{
    double unit_ns = measure_unit(trials, &plan->blocks[0].families[index]);

    for (unsigned i = 0; unit_ns > 0 && i < plan->block_count; i++) {
        if (plan->blocks[i].timed_compute)
            weigh_calibrated(plan->options, plan->blocks[i].families[index].work, unit_ns);
    }
}

void calibrate_times(struct trials *trials, struct plan *plan)
{
    bool wanted = computes_for_a_time(plan);
    double unit_ns = wanted && has_own_models(&plan->blocks[0]) ? measure_unit(trials, NULL) : 0;

    for (unsigned i = 0; unit_ns > 0 && i < plan->block_count; i++) {
        if (plan->blocks[i].timed_compute)
            weigh_calibrated(plan->options, &plan->blocks[i], unit_ns);
    }
    for (unsigned i = 0; wanted && i < plan->blocks[0].family_count; i++)
        calibrate_family(trials, plan, i);
}

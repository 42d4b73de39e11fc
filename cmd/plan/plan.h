// SPDX-License-Identifier: MIT
// What is to be measured: options turned into blocks (one per workload, and per value of a sweep) of cells (one per model).
#ifndef CCBENCH_CMD_PLAN_H
#define CCBENCH_CMD_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/console/names.h"
#include "cmd/console/options.h"
#include "cmd/plan/sweep.h"
#include "measure/oracle.h"
#include "workloads/program/slots.h"
#include "workloads/workload.h"

struct cJSON;

// A cell is skipped if one trial would take longer than the block's time divided by this.
#define PLAN_LONGEST 3
struct cell {
    const struct model_entry *entry;
    struct parameter_values parameters; // of the model
    char label[MODEL_LABEL];  // what the model is called, with what was chosen about it
    uint32_t lanes;           // asked of the trial: the block's concurrency, or 1
    uint64_t estimate_ns;     // of one trial: closed form first, then as measured
    bool skipped, stopped;    // stopped: two trials gave no result, or a limit is known to be hit
    char reason[320];         // why skipped, or why failed without a sample
    unsigned hard_failures;   // trials without a result
    struct cJSON *json;       // the cell in the document, owned by it
};

struct block {
    struct workload workload;
    uint32_t tasks, concurrency;
    struct arrivals arrivals;
    uint64_t span_ns;              // open loop: when the last task arrives, since the run's start; 0: closed loop
    uint64_t read_most;            // the largest single read
    cpu_set_t cpus;                // of its trials
    unsigned cores;                // that those are, at most the cgroup's quota
    struct sweep_point point;      // its place in a sweep
    char title[WORKLOAD_LABEL + 80]; // the label, and its value in a sweep
    struct program_cost total;     // of all tasks of a trial
    struct expectation *expected;  // by class
    double mean_units, mean_wait_ns, mean_block_ns; // per task
    uint64_t fetches;              // of all tasks
    uint64_t fetches_least;        // the same, where those that are to fail do so at their first
    bool needs_origin;
    struct cell *cells;
    unsigned cell_count;
    struct cJSON *json; // the block in the document, owned by it
    struct cJSON *calibration_samples;
    uint64_t task_cpu_ns; // t1 of the last calibration; 0: none
};

struct plan {
    const struct options *options;
    cpu_set_t origin_cpus;
    struct model_choice reference;
    struct block *blocks;
    unsigned block_count, group_count; // groups: of sweeps
    uint64_t time_limit_ns; // 0: none
    double compute_unit_ns; // what fib(COMPUTE_UNIT_N) took, where some task computes for a time; 0: not measured
};

// The models and workloads typed, with every name checked. 0, or an exit status with one line printed.
int plan_make(const struct options *options, struct plan *ret_plan);
void plan_release(struct plan *plan);

// Sums the costs of the block's tasks over its classes, by their exact shares, and sets what is expected of each class; to be
// called again when a program has been calibrated. As long as the block has no number of tasks, by the weights. 0 or -ENOMEM.
int plan_weigh(const struct plan *plan, struct block *block);

// The least a trial of this cell can take, ns, from the workload's data; `task_cpu_ns` is what computing costs per task.
uint64_t plan_estimate(const struct plan *plan, const struct block *block, const struct cell *cell);

// Marks as skipped what would take longer than its share of `share_ns` (0: no limit); called when a block begins, with
// whatever the calibration has found.
void plan_skip_long(const struct plan *plan, struct block *block, uint64_t share_ns);

// The trial's plan of the cell for docs/trial-protocol.md, one line; `origin` may be NULL. To be freed; NULL: no memory.
// Of a memory trial (`memory`) all tasks are there at once, whatever the rate.
struct cJSON *plan_trial(const struct plan *plan, const struct block *block, const struct cell *cell, const char *origin,
                         bool memory);

// Whether the block's tasks arrive at times of their own.
static inline bool plan_open_loop(const struct block *block)
{
    return block->arrivals.rate_per_s > 0;
}

// The block's loop as a trial of it sees it: closed for a memory trial.
struct arrivals plan_arrivals(const struct block *block, bool memory);

#endif

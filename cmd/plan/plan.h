// SPDX-License-Identifier: MIT
// What is to be measured: options turned into blocks (one per workload, and per value of a sweep) of cells (one per model).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cmd/console/names.h"
#include "cmd/console/options.h"
#include "cmd/plan/sweep.h"
#include "measure/base/cpus.h"
#include "measure/oracle.h"
#include "workloads/program/slots.h"
#include "workloads/workload.h"

struct cJSON;

// The most tasks of a trial.
#define PLAN_TASKS_MOST 1000000

// What has become of a cell so far; at the end, of the cell.
enum cell_status {
    CELL_OK,
    CELL_SKIPPED, // nothing of it counts, with a reason that is no fault of the model
    CELL_FAILED,
    CELL_WRONG,
};

struct cell {
    const struct model_entry *entry;
    struct parameter_values parameters; // of the model
    char label[MODEL_LABEL];            // what the model is called, with what was chosen about it
    unsigned family;                    // 1 … of the block's families; 0: it is one of the models in C
    uint32_t lanes;                     // asked of the trial: the block's concurrency, or 1
    uint64_t estimate_ns;               // of one trial: closed form first, then as measured
    enum cell_status status;
    char reason[320];       // of any status but ok
    bool ended;             // it gets no more trials
    unsigned hard_failures; // trials without a result
    unsigned repeat;        // trials in each round; 0: not settled
    struct cJSON *json;     // the cell in the document, owned by it
    struct cJSON *trials;   // the samples of the round under way, owned; NULL: none
};

// What a task of one class costs, and how many of them there are; before that is known, the class's weight.
struct class_weight {
    struct program_cost cost;
    uint32_t tasks;
};

// The work of a block as the models of another family carry it, which compute at another speed: where computing is asked
// for as a time, it is another amount.
struct family {
    char name[MODEL_LABEL];        // of the family, and of the interpreter, where one was chosen: "python@python3.13"
    const struct model_entry *raw; // its bare loop; NULL: none
    struct block *work;            // owned; without cells
};

struct block {
    struct workload workload;
    char *typed; // the workload, as one of its sweep; owned
    uint32_t tasks, concurrency;
    struct arrivals arrivals;
    uint64_t span_ns;                // open loop: when the last task arrives, since the run's start; 0: closed loop
    struct cpus cpus;                // of its trials
    double cores;                    // that those are, at most the cgroup's quota: 0.5
    struct sweep_point point;        // its place in a sweep
    char title[WORKLOAD_LABEL + 80]; // the label, and its value in a sweep
    // By class of the workload's mix; owned.
    struct class_weight *weights;
    struct expectation *expected;
    double mean_units, mean_wait_ns, mean_block_ns; // per task
    double mean_in_turn_ns;                         // of waiting and blocking, where a task's children come in turn
    double mean_gathered;                           // children
    double mean_trips;                              // round trips to the server that a task waits for
    uint64_t round_trip_ns;                         // that each of those takes, to a server elsewhere; 0: to one here
    double mean_steps, mean_yields, mean_read_bytes, mean_payload_bytes;
    uint64_t longest_wait_ns;               // of a task of any class, in blocking calls too
    uint64_t fetches;                       // of all tasks
    uint64_t fetches_least;                 // the same, of those that are not to fail
    struct fetch_counts plain, tls;         // the same; `tls` are those by HTTPS from the origin
    uint64_t read_most;                     // the largest single read
    uint64_t payload_most;                  // the largest single take or reply
    uint32_t children;                      // the most of one task at once
    uint32_t connections;                   // the most of one lane: its own, and its tasks' children's
    uint32_t memory_rounds;                 // memory trials of each cell
    uint32_t kinds;                         // STEP_BIT of every kind of step that occurs
    bool endless_io, direct, timed_compute; // of some task; see struct program_cost
    bool needs_origin, needs_tls;           // ccbench's own server; that it speaks TLS
    bool origin_apart;                      // which is elsewhere
    uint64_t server_ns;                     // what starting the user's server takes, for each trial; 0: none
    bool even_wait;                         // all tasks wait equally long
    bool cut_short;     // some tasks are to fail before they have waited for all that their steps say
    struct cell *cells; // owned
    unsigned cell_count;
    struct family *families; // owned; other than that of the models in C
    unsigned family_count;
    struct cJSON *json;   // the block in the document, owned by it
    uint64_t task_cpu_ns; // what computing costs per task, by the last calibration; 0: none
};

struct plan {
    const struct options *options;
    struct cpus origin_cpus;
    unsigned origin_workers;
    struct model_choice reference;
    struct block *blocks;
    struct cJSON *origin;              // what the report says of one elsewhere; NULL: it is here. Owned
    unsigned block_count, group_count; // groups: of sweeps
    uint64_t time_limit_ns;            // 0: none
};

// The models and workloads typed, with every name checked. 0, or an exit status with one line printed and nothing to
// release.
int plan_make(const struct options *options, struct plan *ret_plan);
void plan_release(struct plan *plan);

// Of a block that is in no plan.
void plan_release_block(struct block *block);

// Gives the cell its status and the reason; it gets no more trials.
void cell_end(struct cell *cell, enum cell_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The trial's plan of the cell, as docs/trial-protocol.md has it; `origin` may be NULL. Owned by the caller.
// Of a memory trial (`memory`) all tasks are there at once, whatever the rate.
struct cJSON *plan_trial(const struct plan *plan, const struct block *block, const struct cell *cell,
                         const char *origin, bool memory);

// Puts into a plan what a ccbench that hands it on has to know: under which interpreter, and which model's program speaks for
// `raw`. Nothing of a model in C.
void plan_runtime(const struct model_entry *entry, struct cJSON *json);

static inline unsigned cell_repeat(const struct cell *cell)
{
    return cell->repeat > 0 ? cell->repeat : 1;
}

// The block as that cell is asked to carry it.
static inline const struct block *plan_work(const struct block *block, const struct cell *cell)
{
    return cell->family == 0 || cell->family > block->family_count ? block : block->families[cell->family - 1].work;
}

// The family whose computing the block's ideal is of: the models in C, 0, where there are some or several others, else the only one.
unsigned plan_own_family(const struct block *block);

// The family of a cell whose computing is not held against that of the block's own; NULL: it is, or tasks do not compute.
const struct family *plan_other_family(const struct block *block, const struct cell *cell);

// Whether the block's tasks arrive at times of their own.
static inline bool plan_open_loop(const struct block *block)
{
    return block->arrivals.rate_per_s > 0;
}

// The block's loop as a trial of it sees it: closed for a memory trial.
struct arrivals plan_arrivals(const struct block *block, bool memory);

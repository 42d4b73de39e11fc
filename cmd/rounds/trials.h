// SPDX-License-Identifier: MIT
// One trial of a cell, from its plan to its sample.
#ifndef CCBENCH_CMD_TRIALS_H
#define CCBENCH_CMD_TRIALS_H

#include "cmd/plan/plan.h"
#include "measure/supervisor.h"
#include "workloads/origin/process.h"
#include "workloads/origin/server_process.h"

struct cJSON;
struct slot;

// What all trials of a run share.
struct trials {
    const struct plan *plan;
    const char *program;    // that is started, with these arguments; see struct trial_request
    char *const *arguments;
    struct origin_process origin;
    char **server_words;   // of --server, started for each trial that fetches; NULL: none. Not owned
    struct server_process server;
    uint64_t server_cpu_ns; // what it had used when the trial began
    uint64_t run_start_ns;
    void (*on_tick)(void *data); // while a trial runs
    void *data;
    // Of the last trial; see struct trial_report.
    struct {
        bool refused, lacks;
        int speaks;
    } refusal;
    // The slots of the trial under way.
    int slots_fd;
    int file_fd; // what read steps read; -1: not made
    struct slot *slots;
    size_t slots_bytes;
};

// Where the trials come from: this program, or what the environment variable CCBENCH_TRIAL names; `program` and `arguments`
// may be changed between trials. 0 or -errno.
int trials_open(struct trials *trials, const struct plan *plan, uint64_t run_start_ns);
void trials_close(struct trials *trials);

// Starts the origin if the block fetches from it and it does not run. 0 or -errno.
int trials_need_origin(struct trials *trials, const struct block *block);

// A timed trial: its sample, with round and position; NULL when out of memory. *ret_outcome tells whether it gave a result.
struct cJSON *trials_timed(struct trials *trials, const struct block *block, const struct cell *cell, unsigned round,
                           unsigned position, enum trial_outcome *ret_outcome);

// A memory trial: the cell's "memory" object, or NULL with `reason` filled.
struct cJSON *trials_memory(struct trials *trials, const struct block *block, const struct cell *cell, char reason[320]);

// CPU time per task of the bare loop, ns; 0 where it could not be had.
uint64_t trials_calibrate(struct trials *trials, const struct block *block);

#endif

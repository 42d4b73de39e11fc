// SPDX-License-Identifier: MIT
// One trial of a cell, from its plan to its sample.
#pragma once

#include <time.h>

#include "cmd/console/progress.h"
#include "cmd/plan/plan.h"
#include "measure/oracle.h"
#include "measure/seen.h"
#include "measure/supervisor.h"
#include "workloads/origin/process.h"
#include "workloads/origin/remote.h"
#include "workloads/origin/server_process.h"

struct cJSON;
struct environment_ticks;
struct slot;
struct trace_capture;

#define TRIALS_REASON 320
#define TRIALS_ERROR (SERVER_ERROR + 16)

// What all trials of a run share.
struct trials {
    const struct plan *plan;
    struct progress *progress; // shown while a trial runs; NULL: nothing is
    const char *program;       // that is started, with these arguments; see struct trial_request
    char *const *arguments;
    bool ours;                       // the program is this one, unless it was changed
    struct origin_process origin;    // here
    struct origin_remote remote;     // or elsewhere
    char remote_error[TRIALS_ERROR]; // what the trial under way has been given up for
    char **server_words;             // of --server, started for each trial that fetches; NULL: none. Not owned
    struct server_process server;
    uint64_t server_cpu_ns; // what it had used when the trial began
    bool stalled; // the last trial was given up: the user's server answers fewer connections than there are lanes
    bool stalls;  // some trial was
    uint64_t server_start_ns;      // how long it took to be ready, the last time
    struct trace_capture *capture; // of the trials from now on, which are traced then; NULL: they are not. Not owned
    uint64_t run_start_ns;
    uint64_t patience_ns;           // how long a trial may take; 0: by its estimate, or --timeout
    uint64_t share_ns, deadline_ns; // a block's time, and when it is over for good; 0: no limit
    // Of the last trial; see struct trial_report.
    struct {
        bool refused, lacks;
        int speaks;
    } refusal;
    bool outgrown;     // the last one was ended by the time limit
    uint64_t spent_ns; // while any trial's process was there, of every kind: warm-up, calibration and memory too
    // The slots of the trial under way.
    int slots_fd;
    int file_fd;                     // what read steps read; -1: not made
    uint64_t file_bytes;             // of it
    struct timespec file_changed_at; // when it was made
    struct slot *slots;
    size_t slots_bytes;
    struct seen *seen; // of the last timed trial that gave a result; owned, too large for a stack
};

// What a timed trial came to.
struct trial_result {
    struct cJSON *sample;       // owned by the caller
    struct judgement judgement; // of it
    enum trial_outcome outcome;
    uint64_t arrivals_start_ns; // of the slots; see sample_arrivals_start()
};

// Where the trials come from: this program, or what the environment variable CCBENCH_TRIAL names; `program` and `arguments`
// may be changed between trials. 0 or -errno.
int trials_open(struct trials *trials, const struct plan *plan, uint64_t run_start_ns);
void trials_close(struct trials *trials);

// Makes what a trial of the block needs besides itself: the origin, unless it runs; the file for read steps, unless it is
// there as it was made; the user's server. 0, or -errno, with `error` filled, as a sentence, where that is a server's fault.
int trials_ready(struct trials *trials, const struct block *block, char error[TRIALS_ERROR]);

// Runs one trial of `tasks` tasks; a memory trial, where `on_mark` is not NULL (see struct trial_request). 0, with the
// report filled, or -errno where it could not even be tried.
int trials_run(struct trials *trials, const struct block *block, const struct cell *cell, uint32_t tasks,
               void (*on_mark)(const char *mark, pid_t pid, void *data), void *data, struct trial_report *ret_report);

// A timed trial, with round and position. 0 or -ENOMEM.
int trials_timed(struct trials *trials, const struct block *block, const struct cell *cell, unsigned round,
                 unsigned position, struct trial_result *ret_result);

// Whether the last trial's program said that it does not have that step or model, which is no failure of it.
bool trials_lack(const struct trials *trials, const struct cell *cell);

// Adds what the machine did meanwhile: "steal_share", "pressure_share".
void trials_add_machine(struct cJSON *object, const struct environment_ticks *before,
                        const struct environment_ticks *after);

// A memory trial: the cell's "memory" object, or NULL with `reason` filled.
struct cJSON *trials_memory(struct trials *trials, const struct block *block, const struct cell *cell,
                            char reason[TRIALS_REASON]);

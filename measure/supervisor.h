// SPDX-License-Identifier: MIT
// Starts, watches and cleans up after one trial at a time. The supervisor is a child subreaper: whatever a trial leaves
// behind, however deep, becomes its child and is killed and reaped before the next trial begins.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "measure/base/cpus.h"

struct cJSON;
struct trace_capture;

#define SUPERVISOR_REASON 320
#define SUPERVISOR_DIAGNOSTICS 2048
#define SUPERVISOR_HOW 80

// Blocks SIGINT, SIGTERM, SIGHUP (unless it is ignored, as under nohup) and SIGCHLD, which are read from a descriptor from
// then on, and becomes the subreaper. Before anything is started; in a forked process, again, which gives it the same of its own.
// 0 or -errno.
int supervisor_open(void);

// SIGINT, SIGTERM or SIGHUP once one has arrived, else 0. Looks, does not wait.
int supervisor_interrupted(void);

// How many of them have arrived.
unsigned supervisor_interruptions(void);

// The descriptor that can be read when one of them, or a SIGCHLD, has arrived, for poll(2) alone: supervisor_interrupted() reads it.
int supervisor_signals(void);

// In a freshly forked child: undoes supervisor_open's signal mask, makes a process group of its own, and has it die with
// the parent, whose pid is given (also when that has died already).
void supervisor_child_setup(pid_t parent);

// How a child ended, by the status that wait gave: "was killed by signal 9 (Killed)", "ended with status 7".
void supervisor_how_ended(int status, char how[SUPERVISOR_HOW]);

// A child that stays, such as the origin or the user's server, and is not cleaned up; 0: none any more.
void supervisor_spare(pid_t pid);

// Kills and reaps all descendants but the spared child and its own.
void supervisor_clean(void);

enum trial_outcome {
    TRIAL_DONE,    // it gave a result, which may say that the model failed
    TRIAL_CRASHED, // it ended without one
    TRIAL_RUBBISH, // what it wrote is not the protocol
    TRIAL_TIMED_OUT,
    TRIAL_INTERRUPTED, // SIGINT, SIGTERM or SIGHUP arrived here
    TRIAL_NOT_STARTED,
};

struct trial_request {
    const char *program;    // path
    char *const *arguments; // of the program, its name first and "trial" last; ends in NULL
    const char *plan;       // one line of JSON, without the newline
    int slots_fd;           // the memfd; becomes fd 4
    struct trace_capture
        *capture;            // of a trial that is to be traced, whose plan says so: its memfd becomes fd 5; else NULL
    uint64_t timeout_ns;     // of the whole trial; 0: none
    const struct cpus *cpus; // NULL: all
    // Called for each mark of a memory trial, with the trial's pid; the trial waits meanwhile. May be NULL.
    void (*on_mark)(const char *mark, pid_t pid, void *data);
    // Called every 100 ms in which nothing comes from the trial, or 10 where it is traced; may be NULL.
    void (*on_tick)(void *data);
    void *data;
    // Called as often: NULL, or why there is no use in waiting any longer; the trial then ends as if its time were up. May
    // be NULL.
    const char *(*hopeless)(void *of);
    void *of;
};

struct trial_report {
    enum trial_outcome outcome;
    struct cJSON *result;           // TRIAL_DONE: the object under "result"; owned by the caller
    char reason[SUPERVISOR_REASON]; // else: what happened, in words; of one that ended by itself with its last line
    char diagnostics[SUPERVISOR_DIAGNOSTICS]; // the end of what the trial printed
    struct rusage usage;                      // of the trial and the children it waited for (wait4)
    uint64_t start_ns, end_ns;
    uint64_t set_up_cpu_ns; // of the trial and its descendants, at the mark "before_lanes"; 0: it gave none
    bool killed;            // TRIAL_CRASHED: by a SIGKILL, which was not ccbench's
    // Of TRIAL_NOT_STARTED: whether it was the trial that said so; and if so, whether because it does not know the model
    // or a step, and which protocol it speaks (0: it does not say).
    bool refused, lacks;
    int speaks;
};

// The last line that a trial printed before it died, which often says why; "" where there is none.
void supervisor_last_line(const struct trial_report *report, char line[SUPERVISOR_DIAGNOSTICS]);

// Runs one trial and cleans up after it. What goes wrong is in *ret_report, which is filled in any case.
void supervisor_run(const struct trial_request *request, struct trial_report *ret_report);

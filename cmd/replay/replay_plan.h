// SPDX-License-Identifier: MIT
// A stored report's cell, made into the plan of a trial that can be run again.
#pragma once

#include <stdint.h>

struct cJSON;

// What is replayed; pointers are into the report, but for `plan`.
struct replay {
    const char *workload, *model;
    struct cJSON *plan; // of the trial, without where it fetches from; to be deleted
    const char *server; // the command of the user's server; NULL: none
    const char *url;    // that it is fetched from, {port} in it where there is a server; NULL: the origin, or nothing
    const char *cpus;   // of trials, as text; NULL: not known
    const char *origin_cpus;
    unsigned origin_workers;
    const char *unix_socket; // where else the server listens; NULL: nowhere
    const char *ready;       // path that answers 2xx when it is ready; NULL: it is when it accepts a connection
    const char *stand_in;    // the program that stood in for ccbench's own trials (CCBENCH_TRIAL); NULL: none
    uint64_t seed;           // of the run
    uint32_t tasks;
};

// Finds the cell by "WORKLOAD/MODEL", or "WORKLOAD/MODEL#N" for the Nth of that name. 0, or EXIT_USAGE with one line printed;
// replay_release() in any case.
int replay_find(const struct cJSON *report, const char *name, struct replay *ret_replay);
void replay_release(struct replay *replay);

// Writes the plan into a file without a name, which goes with the last process that has it, however that ends. Its descriptor,
// above those of the trial protocol, closed on exec, to be closed; -1 with one line printed.
int replay_write_plan(const struct replay *replay);

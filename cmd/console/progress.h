// SPDX-License-Identifier: MIT
// What a person sees on standard error while a run goes on: a bar on a terminal, a plain line now and then elsewhere.
#ifndef CCBENCH_CMD_PROGRESS_H
#define CCBENCH_CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool quiet, terminal, utf8;
    bool shown;            // a bar stands on the terminal's current line
    unsigned width;
    uint64_t start_ns, next_line_ns;
    // Set by the run as it goes on.
    const char *workload, *model;
    char stage[48];        // "warm-up", "round 3 of 7", "memory"
    double done;           // share of the run, 0 … 1
    uint64_t left_ns;      // estimate
};

// `quiet`: nothing is ever shown.
void progress_open(struct progress *progress, bool quiet);
// Shows the state: on a terminal whenever it is called, elsewhere at most every ten seconds.
void progress_show(struct progress *progress);
// Takes the bar away before something is printed, or at the end.
void progress_clear(struct progress *progress);

#endif

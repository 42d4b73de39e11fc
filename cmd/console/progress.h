// SPDX-License-Identifier: MIT
// What a person sees on standard error while a run goes on: a bar on a terminal, a plain line now and then elsewhere.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool quiet, terminal, utf8;
    bool shown; // a bar stands on the terminal's current line
    unsigned width;
    uint64_t start_ns, next_line_ns;
    // Set as the run goes on: `stage` by hand, the rest by progress_tell().
    const char *workload, *model; // not owned
    char stage[48];               // "warm-up", "round 3 of 7", "memory"
    double done;                  // share of the run, 0 … 1
    uint64_t left_ns;             // estimate
};

// `quiet`: nothing is ever shown.
void progress_open(struct progress *progress, bool quiet);
// Shows the state: on a terminal whenever it is called, elsewhere at most every ten seconds; nothing before it is told.
void progress_show(struct progress *progress);
// Sets what goes on now, but for the stage, and about how long the rest takes, and shows it.
void progress_tell(struct progress *progress, const char *workload, const char *model, uint64_t left_ns);
// Takes the bar away before something is printed, or at the end.
void progress_clear(struct progress *progress);

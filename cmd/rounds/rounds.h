// SPDX-License-Identifier: MIT
// A block of the comparison, measured: warm-up, rounds until the intervals are tight enough or the time is up, memory.
#pragma once

#include "cmd/console/progress.h"
#include "cmd/rounds/trials.h"
#include "measure/base/rng.h"

struct rounds {
    struct trials *trials;
    const struct plan *plan;
    struct progress *progress;
    uint64_t deadline_ns; // of this block; 0: none
    uint64_t later_ns;    // what the blocks after this one will take, for the time left
    struct rng rng;       // for the order of the cells
    bool warm;            // these cells have been run a moment ago: no warm-up
    // Of the block under way.
    uint64_t share_ns;   // its time; 0: no limit
    bool out_of_time;    // a trial was ended since that is over
    unsigned void_cells; // all of whose tasks failed
    struct cJSON *calibrations;
    struct task_times *times;
    unsigned precise_in_a_row; // rounds
};

// Measures the block into block->json ("cells", "rounds", "stopped", …). 0; or -ENOMEM.
int rounds_measure(struct rounds *rounds, struct block *block);

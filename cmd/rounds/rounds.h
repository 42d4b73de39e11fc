// SPDX-License-Identifier: MIT
// A block of the comparison, measured: warm-up, rounds until the intervals are tight enough or the time is up, memory.
#pragma once

#include "cmd/console/progress.h"
#include "cmd/rounds/trials.h"
#include "measure/base/rng.h"

// By how much of its time a block may be late (one in so many): a round that takes longer than the one before, the last memory
// trials.
#define ROUNDS_OVERTIME 5

struct rounds {
    struct trials *trials;
    const struct plan *plan;
    struct progress *progress;
    uint64_t deadline_ns; // of this block; 0: none
    uint64_t later_ns;    // what the blocks after this one will take, for the time left
    struct rng rng;       // for the order of the cells
    bool warm;            // these cells have been run a moment ago: no warm-up
    // Of the block under way.
    uint64_t began_ns;
    uint64_t share_ns;   // its time; 0: no limit
    unsigned count;      // of rounds done
    const char *stopped; // why no round follows; NULL: one does
    bool warmed;         // there was a warm-up
    bool out_of_time;    // a trial was ended since that is over
    unsigned void_cells; // all of whose tasks failed
    struct cJSON *calibrations;
    struct task_times *times;
    unsigned precise_in_a_row; // rounds
};

// Measures the block into block->json ("cells", "rounds", "stopped", …). 0; or -ENOMEM.
int rounds_measure(struct rounds *rounds, struct block *block);

// The same in steps, for blocks whose rounds alternate: what comes before the first round; a round, while rounds->stopped is NULL;
// what comes after the last, once begun in any case. 0 or -ENOMEM, after which nothing was begun, or no round follows.
int rounds_begin(struct rounds *rounds, struct block *block);
int rounds_next(struct rounds *rounds, struct block *block);
void rounds_end(struct rounds *rounds, struct block *block);

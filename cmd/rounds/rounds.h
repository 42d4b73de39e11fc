// SPDX-License-Identifier: MIT
// A block of the comparison, measured: warm-up, rounds until the intervals are tight enough or the time is up, memory.
#ifndef CCBENCH_CMD_ROUNDS_H
#define CCBENCH_CMD_ROUNDS_H

#include "cmd/console/progress.h"
#include "cmd/rounds/trials.h"

// Rounds of which the intervals are looked at: fewer give no 95 % interval of a median.
#define ROUNDS_LEAST 6
// What a run without --rounds mostly takes: the precision must be reached twice in a row.
#define ROUNDS_TYPICAL 7

struct rounds {
    struct trials *trials;
    const struct plan *plan;
    struct progress *progress;
    uint64_t deadline_ns; // of this block; 0: none
    uint64_t later_ns;    // what the blocks after this one will take, for the time left
    uint64_t rng_state;
};

// Measures the block into block->json ("cells", "rounds", "stopped", …). 0; or -ENOMEM.
int rounds_measure(struct rounds *rounds, struct block *block);

// The least time the block takes: the rounds expected times all its cells.
uint64_t rounds_estimate(const struct plan *plan, const struct block *block);

#endif

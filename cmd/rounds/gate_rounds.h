// SPDX-License-Identifier: MIT
// The measuring of a gate: a warm-up that finds out what both sides have, then batches of rounds, in which each cell is
// measured on both sides back to back.
#pragma once

#include "cmd/console/progress.h"
#include "cmd/rounds/gate_side.h"
#include "measure/base/rng.h"

struct gate_cell {
    const struct block *block;
    struct cell *cell;
    struct cJSON *json;      // in the document, owned by it
    const char *excuse;      // why it is not compared, as planned; NULL where it is
    bool timed, memory;      // which kinds of trial its metrics come from
    bool control;            // base against base
    bool active;             // is measured in the batch under way,
    bool decided;            // until that has told enough
    uint64_t took_ns[SIDES]; // a trial, when last measured
    unsigned repeat;         // pairs in each round
    unsigned without_result[SIDES];
    double cpu_ns; // of base, in the warm-up
};

struct gate {
    const struct options *options;
    struct plan *plan;
    struct trials *trials;
    struct progress *progress;
    struct gate_side sides[SIDES];
    struct cJSON *document;
    struct gate_cell *cells; // control is the last
    unsigned count;          // without control
    unsigned rounds;
    struct rng rng; // for the order of the cells
};

// Settles how many pairs a round of the cell has: as asked, else by what a trial took, or is thought to take. Puts
// "pairs_per_round" into the document.
void gate_settle_repeat(const struct gate *gate, struct gate_cell *cell);

// Measures each cell once on each side, uncounted, and settles by that how many pairs a round of it has. Cells that only
// one side has become "added" or "gone". 0 or -ENOMEM.
int gate_warm_up(struct gate *gate);

// Chooses the cell of which base is measured against itself: of those both sides have, the one that takes most CPU time.
void gate_choose_control(struct gate *gate);

// One batch of gate->rounds rounds at most of all active cells, each until it is decided; ends early when interrupted. 0 or
// -ENOMEM.
int gate_batch(struct gate *gate, int batch);

// What a batch of the active cells takes, by what they took last, or by the plan.
uint64_t gate_batch_ns(const struct gate *gate);

// SPDX-License-Identifier: MIT
// Several trials of a cell in each round, where they are short: what else goes on on a host comes and goes within
// milliseconds as well as within seconds, so that many short trials tell more than a long one. The unit of replication stays
// the round, which takes long enough for rounds to differ as the host does: docs/METHODOLOGY.md, "Statistics".
#pragma once

#include <stdbool.h>

#include "cmd/plan/plan.h"
#include "measure/base/rng.h"

// As many of what takes `each_ns` as were asked for; where none were (0), as fit into `time_ns`, at least 1, at most 12.
unsigned repeats_fitting(unsigned asked, uint64_t each_ns, uint64_t time_ns);

// What the trials of a cell may take in a round, unless there is less time.
#define REPEATS_NS (300 * NS_PER_MS)

// How many trials of each cell a round has, by what the cells took last; an odd number, where none was asked for, so that
// one trial is the median. `left_ns` (0: no limit) must do for nine such rounds. `warm`: the cells have
// been run. Puts "trials_per_round" into the cells that have several.
void repeats_settle(const struct plan *plan, struct block *block, uint64_t left_ns, bool warm);

// The trials of a round in the order in which they are measured, each as its cell's index; of the warm-up one of each cell.
// NULL when out of memory; else owned by the caller (free), and *ret_count is how many there are.
unsigned *repeats_order(const struct block *block, bool warm_up, struct rng *rng, unsigned *ret_count);

// Takes over a sample of the round under way.
void repeats_add(struct cell *cell, struct cJSON *sample);

// In how many rounds the cell has a sample, with that under way.
int repeats_rounds(const struct cell *cell);

// Ends the round of the cell: its sample is the one of which the time is the median (of an even number, that one of the middle
// two which was measured first), or the first that is not ok; where there were several, with what all were, "trials".
void repeats_end_round(struct cell *cell);

// SPDX-License-Identifier: MIT
// Several trials of a cell in each round, where they are short: what else goes on on a host comes and goes within
// milliseconds as well as within seconds, so that many short trials tell more than a long one. The unit of replication stays
// the round, which takes long enough for rounds to differ as the host does: docs/METHODOLOGY.md, "Statistics".
#pragma once

#include <stdbool.h>

#include "cmd/plan/plan.h"
#include "cmd/plan/repeats_planned.h"
#include "measure/base/rng.h"

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

// SPDX-License-Identifier: MIT
// How many trials of a cell a round has: known when a block has been warmed up, and foreseen before (cmd/rounds/repeats.h
// says what becomes of them).
#pragma once

#include <stdbool.h>

#include "cmd/plan/plan.h"

// What the trials of a cell may take in a round, unless there is less time.
#define REPEATS_NS (300 * NS_PER_MS)

// As many of what takes `each_ns` as were asked for; where none were (0), as fit into `time_ns`, at least 1, at most 12.
unsigned repeats_fitting(unsigned asked, uint64_t each_ns, uint64_t time_ns);

// How many trials of each cell a round has, by what the cells took last; an odd number, where none was asked for, so that
// one trial is the median. `left_ns` (0: no limit) must do for nine such rounds. `warm`: the cells have
// been run. Puts "trials_per_round" into the cells that have several.
void repeats_settle(const struct plan *plan, struct block *block, uint64_t left_ns, bool warm);

// About what such a round will take, ns, of a block of which nothing has been run, with `share_ns` of time (0: no limit).
uint64_t repeats_round(const struct plan *plan, const struct block *block, uint64_t share_ns);

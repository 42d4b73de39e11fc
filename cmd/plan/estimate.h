// SPDX-License-Identifier: MIT
// How long things will take, and which share of the time each block gets.
#pragma once

#include "cmd/plan/plan.h"

// The least a trial of this cell can take, ns, from the workload's data and what computing was found to cost.
uint64_t estimate_trial(const struct block *block, const struct cell *cell);

// Takes into account how long the user's server takes to start, for each trial that fetches.
void estimate_server(struct plan *plan, uint64_t server_ns);

// The same, of how long a round trip takes to an origin elsewhere.
void estimate_round_trip(struct plan *plan, uint64_t round_trip_ns);

// A round of the block: the trials of all cells that run, as many as each has in a round, by what they took last.
uint64_t estimate_round(const struct block *block);

// How many rounds the block will have: as asked for, else as many as the precision mostly takes.
unsigned estimate_rounds(const struct plan *plan, const struct block *block);

// All rounds of it, the warm-up, and the memory trials, of a block that has `share_ns` (0: no limit).
uint64_t estimate_block(const struct plan *plan, const struct block *block, uint64_t share_ns);
// All blocks, each within its share of the time limit.
uint64_t estimate_run(const struct plan *plan);

// One memory trial of a cell, or all of all that run (NULL); and what of a block's time is kept for them.
uint64_t estimate_memory(const struct block *block, const struct cell *cell);
uint64_t estimate_memory_part(const struct block *block, uint64_t share_ns);

// After how long a trial has outgrown its share of the block's time, and is ended.
uint64_t estimate_longest_trial(const struct cell *cell, uint64_t share_ns);

// Whether the block has a round that is not counted before the first.
bool estimate_warms_up(const struct plan *plan, const struct block *block);

// Whether the rounds that intervals need are enough where neither --rounds nor --time-limit says more: programs of other
// runtimes take long to start.
bool estimate_enough(const struct plan *plan, const struct block *block);

// Marks as skipped what would take longer than its share of `share_ns` (0: no limit); called when a block begins, with
// whatever the calibration has found.
void estimate_skip_long(struct block *block, uint64_t share_ns);

// The same of all blocks of a plan that is only looked at.
void estimate_skip_planned(struct plan *plan);

// The time limit where none is given, and what of `left_ns` for the i-th block and all after it is the i-th's: 0 without
// a limit.
uint64_t estimate_time_limit(const struct plan *plan);
uint64_t estimate_share(const struct plan *plan, unsigned i, uint64_t left_ns);

// For how long tasks arrive in a block of a sweep of rates where -d does not say, ns: a second, or as long as 400 tasks take
// to arrive, with which there is a p99; at most as long as without a sweep.
uint64_t estimate_brief(const struct block *block);

// For how long tasks arrive in a probe of a capacity where -d does not say, ns: the same, or as long as it takes for so many
// of them to arrive, at most 20 s.
uint64_t estimate_probe(const struct block *block, double tasks);

// The tasks of a block of a sweep where -n does not say (docs/METHODOLOGY.md, "Sweeps"): the workload's, or four for each
// lane if those are more; halved, down to two for each lane (one where they only compute), until a round of all models is
// short beside the block's time.
uint32_t estimate_tasks(const struct block *block);

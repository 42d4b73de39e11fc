// SPDX-License-Identifier: MIT
// How the times of all tasks of each cell of a block are spread, over the rounds.
#pragma once

#include "cmd/plan/plan.h"

struct task_times;
struct trials;

// Room for a block's, for free(); NULL when out of memory.
struct task_times *task_times_make(const struct block *block);

// Counts the tasks of the last timed trial, which was of that cell; `start_ns` is added to each arrival.
void task_times_record(struct task_times *times, const struct block *block, const struct cell *cell,
                       const struct trials *trials, uint64_t start_ns);

// Puts "histograms" into the JSON of each cell that ended well and any of whose tasks was counted.
void task_times_add(const struct task_times *times, struct block *block);

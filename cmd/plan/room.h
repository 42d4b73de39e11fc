// SPDX-License-Identifier: MIT
// Whether there is room for what tasks are handed and hand back, before anything is measured: a trial that runs out of memory is
// killed without a word, and may take others with it.
#pragma once

#include "cmd/plan/plan.h"

// What the buffers of a trial of the cell take at most, in bytes: the argument, a reply for each lane, and where messages are sent
// (processes) a copy of either on both sides. 0 where nothing is handed over.
double room_needed(const struct block *block, const struct cell *cell);

// How much memory programs can still have, in bytes: what the kernel says is available, or the cgroup's limit where that is less;
// 0 where neither is told. `root` is "" but in tests.
double room_left(const char *root);

// Ends a cell whose trials would need more than is left.
void room_judge(const struct block *block, struct cell *cell);

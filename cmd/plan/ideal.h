// SPDX-License-Identifier: MIT
// What the data of a block say before anything is measured: whether it waits or computes, and how long a perfect model would
// take (docs/METHODOLOGY.md, "The ideal").
#pragma once

#include "cmd/plan/plan.h"

struct ideal {
    double ns;
    char formula[160]; // "ceil(64 / 32) x 10 ms"
};

// `task_cpu_ns`: what computing costs per task. False where there is none.
bool ideal_of(const struct block *block, double task_cpu_ns, struct ideal *ret_ideal);

// Why there is none.
const char *ideal_missing(const struct block *block);

// "I/O-bound", "CPU-bound", "mixed" or "empty"; NULL where only measuring tells (a fetch whose answer comes at once).
const char *ideal_kind(const struct block *block);

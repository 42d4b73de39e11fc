// SPDX-License-Identifier: MIT
// The tasks of a trial, laid out before it starts.
#ifndef CCBENCH_WORKLOADS_SLOTS_H
#define CCBENCH_WORKLOADS_SLOTS_H

#include "measure/slot.h"
#include "workloads/program.h"

// Zeroes the slots and gives each its class: exact shares by weight, rounded, shuffled by the seed.
void slots_fill(struct slot *slots, uint32_t tasks, const struct task_mix *mix, uint64_t seed);

#endif

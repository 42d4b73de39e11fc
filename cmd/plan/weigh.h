// SPDX-License-Identifier: MIT
// What the tasks of a block come to, from the workload's data alone. Once its number of tasks is known, a block is weighed
// for good; only a calibration of its computing changes something of it.
#pragma once

#include "cmd/plan/plan.h"

// Works out what a task of each class costs, what is expected of it, and the means over all by the classes' weights.
// 0 or -ENOMEM.
int weigh_classes(const struct options *options, struct block *block);

// Deals the block's tasks as its trials will have them: the means are then those of the classes' exact shares, and sums
// and the last arrival are known. 0 or -ENOMEM.
int weigh_tasks(const struct options *options, struct block *block);

// The block, weighed already, and its families' work as so many tasks at another rate; 0: a closed loop. 0 or -ENOMEM.
int weigh_at_rate(const struct options *options, struct block *block, double per_s, uint32_t tasks);

// Sets how much is computed where that was asked for as a time, of which one fib(COMPUTE_UNIT_N) takes `unit_ns`.
void weigh_calibrated(const struct options *options, struct block *block, double unit_ns);

// Has the block, and its families, know how long a round trip to an origin elsewhere takes.
void weigh_round_trip(struct block *block, uint64_t round_trip_ns);

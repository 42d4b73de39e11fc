// SPDX-License-Identifier: MIT
// Open loops: whether the tasks were carried out as fast as they arrived.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "measure/slot.h"

// A task is late by its latency (from its intended arrival to its end) less the shortest service of its class in the
// trial: what it takes when nothing is in its way. What all of a class have to wait for does not count, then, and it
// does not matter whether a model lets tasks wait before they begin or half-way.
//
// A model does not keep up when it gets later and later: from the first quarter of n tasks to the last, the mean lateness
// grows by more than 5 % of the time between them (then it carries less than 95 % of what arrives), and by more than the
// time of sqrt(n) tasks at the rate reached (as many may arrive too many by chance, in a Poisson process); and when by the
// last arrivals it has not caught up (some are late by more than what an unloaded task takes). A stall, as of a long
// computation on an event loop, makes some tasks late, and does neither for long. Simulated queues of 16 tasks and more, in
// one lane that was busy for 80 % or 90 % of the time, kept up by this in 98 and 95 of 100 runs; those of 100 and more at
// twice what a lane can carry, in none.
//
// All tasks are judged together, then each class of 16 or more by itself: one may be starved while others are not.
struct lateness {
    bool kept_up;
    bool carried; // by the stricter rule of a capacity: no later by 2 % of the time, or chance; catching up or not
    double reached_per_s;     // tasks over the time from the run's start to the last end
    uint64_t behind_since_ns; // where it did not keep up: from then on tasks were late by more than one takes
    uint64_t latest_ns;       // the latest that a task was
};

// Slots are in the order of their arrivals, which are offsets from `run_start_ns`; tasks that never ended, or are of a
// class that there is not, are passed over. 0; -ENODATA where none is left; -ENOMEM.
int lateness_of(const struct slot *slots, uint32_t tasks, uint32_t classes, uint64_t run_start_ns,
                struct lateness *ret_lateness);

// SPDX-License-Identifier: MIT
// The tasks of a trial, laid out before it starts.
#pragma once

#include "measure/slot.h"
#include "workloads/program/program.h"

// How tasks arrive. In a closed loop a lane's next task arrives when the lane is free; in an open loop tasks arrive when
// they do, whether or not anybody has time for them.
struct arrivals {
    double rate_per_s; // of the classes that have no clock of their own, together; 0: closed loop
    bool constant;     // at even distances; else as a Poisson process
};

// Zeroes the slots and gives each its class: exact shares by weight, rounded, shuffled by the seed. In an open loop also
// its arrival, as an offset from the run's start, in order: gaps of a Poisson process are exponential, -ln(U) / rate; a
// class with a clock of its own arrives every `every_ns`, first after half of it, and is not dealt by weight.
void slots_fill(struct slot *slots, uint32_t tasks, const struct task_mix *mix, const struct arrivals *arrivals,
                uint64_t seed);

// Open loop: how many tasks arrive before `duration_ns`; at most `most`.
uint32_t slots_arriving(const struct task_mix *mix, const struct arrivals *arrivals, uint64_t seed,
                        uint64_t duration_ns, uint32_t most);

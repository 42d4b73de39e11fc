// SPDX-License-Identifier: MIT
// Whether a trial was honest: its slots held to what is known beforehand.
#ifndef CCBENCH_MEASURE_VERDICT_H
#define CCBENCH_MEASURE_VERDICT_H

#include "measure/sample.h"
#include "measure/supervisor.h"

struct verdict {
    const char *status; // "ok", "failed" or "wrong"
    char reason[SUPERVISOR_REASON];
};

// Gives an "ok" verdict another status, with the reason; of several only the first counts.
void verdict_set(struct verdict *verdict, const char *status, const char *format, ...) __attribute__((format(printf, 3, 4)));
#define verdict_wrong(verdict, ...) verdict_set(verdict, "wrong", __VA_ARGS__)
#define verdict_fail(verdict, ...) verdict_set(verdict, "failed", __VA_ARGS__)

// Looks for tasks that were not completed, came to another checksum, were faster than they can be, began before they
// arrived or should have failed; and for too many in flight. `start_ns`: the run's start, where arrivals are offsets from it.
void verdict_judge(const struct oracle *oracle, const struct slot *slots, uint32_t in_flight, uint64_t start_ns,
                   struct verdict *verdict);

// How often tasks were to change the shared counter, in units of 1; 0 where that cannot be known: a task that failed may
// have stopped before or after it did.
uint64_t verdict_updates(const struct oracle *oracle, const struct slot *slots);

#endif

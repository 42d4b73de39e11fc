// SPDX-License-Identifier: MIT
// How times are spread over the tasks of a trial.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "measure/histogram.h"
#include "measure/slot.h"
#include "measure/spread.h"

struct cJSON;

// So many are counted; fewer are sorted.
#define DISTRIBUTION_COUNTED 4096

// Which tasks are spread: `n` slots, by `index`, or the first n where that is NULL. `start_ns` is added to each arrival: the
// run's start where arrivals are offsets from it, else 0.
struct spread_slots {
    const struct slot *slots;
    const uint32_t *index;
    size_t n;
    uint64_t start_ns;
};

// Adds "latency_ns" (arrival to end), "queued_ns" (arrival to begin) and "service_ns" (begin to end) to `object`, each as
// {"p50","p90","p99","p999","max","mean"} in ns, or null where no task ended. A percentile for which the tasks do not
// suffice is null (stats_percentile_needs). `counted`, an array of SPANS, is of these slots, where they have been counted
// already; else NULL. 0 or -ENOMEM.
int distributions_add(struct cJSON *object, const struct spread_slots *slots, const struct spread *counted);

// Counts the latency of each of the slots that ended, and how long it was queued, beside what the histograms have. `counted` as
// above.
void distributions_record(struct histogram *latency, struct histogram *queued, const struct spread_slots *slots,
                          const struct spread *counted);

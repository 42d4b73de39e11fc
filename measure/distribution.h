// SPDX-License-Identifier: MIT
// How times are spread over the tasks of a trial.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "measure/histogram.h"
#include "measure/slot.h"

struct cJSON;

// Adds "latency_ns" (arrival to end), "queued_ns" (arrival to begin) and "service_ns" (begin to end) to `object`, each as
// {"p50","p90","p99","p999","max","mean"} in ns, or null where no task ended. A percentile for which the tasks do not
// suffice is null (stats_percentile_needs). `index` names the `n` slots to look at; NULL: the first n. `start_ns` is added
// to each arrival: the run's start where arrivals are offsets from it, else 0. 0 or -ENOMEM.
int distributions_add(struct cJSON *object, const struct slot *slots, const uint32_t *index, size_t n,
                      uint64_t start_ns);

// Counts the latency of each of the first `n` tasks that ended, and how long it was queued, beside what the histograms
// have; `start_ns` as above.
void distributions_record(struct histogram *latency, struct histogram *queued, const struct slot *slots, size_t n,
                          uint64_t start_ns);

// SPDX-License-Identifier: MIT
// One probe of a capacity: trials at a rate, until they show that it holds what is required, or that it does not.
#pragma once

#include "cmd/plan/capacity_rule.h"
#include "cmd/rounds/capacity_search.h"

struct cJSON;

#define CAPACITY_TRIALS 10

struct capacity_probe {
    double per_s;
    uint32_t tasks;
    unsigned trials, carried; // carried: that did not fall behind
    double
        worst[CAPACITY_TRIALS]; // of each trial: the largest figure over its bound; NAN: none, INFINITY: tasks failed
    double figures[CAPACITY_REQUIREMENTS][CAPACITY_TRIALS];
    char reason[320]; // of what was not shown, or of the last trial whose tasks failed; "": there is none
};

// Takes in the sample of a trial, and whether the tasks were carried as fast as they arrived.
void capacity_probe_take(struct capacity_probe *probe, const struct capacity_rule *rule, const struct cJSON *sample,
                         bool carried);

// Whether no more trials are needed, and what they show: from six on by the 95 % interval of the median of `worst`, as a requirement
// is judged; sooner where all are far off (docs/METHODOLOGY.md, "Capacity").
bool capacity_probe_is_over(struct capacity_probe *probe, enum capacity_verdict *ret_verdict);

// The probe as an object of the document.
struct cJSON *capacity_probe_json(const struct capacity_probe *probe, const struct capacity_rule *rule,
                                  enum capacity_verdict verdict);

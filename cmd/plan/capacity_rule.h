// SPDX-License-Identifier: MIT
// What a rate is held to whose highest is searched for (--rate=max).
#pragma once

#include "cmd/plan/plan.h"
#include "reports/findings/requirements.h"

#define CAPACITY_REQUIREMENTS 8

struct capacity_rule {
    struct requirement requirements[CAPACITY_REQUIREMENTS]; // latencies, at most so long; may be none
    unsigned count;
    double tasks; // that their percentiles need, of all classes together, some to spare
};

// Of what was typed, and that it can be searched for. 0, or EXIT_USAGE with one line printed.
int capacity_rule_make(const struct plan *plan, struct capacity_rule *ret_rule);

// Makes the block one whose tasks arrive at that rate, as many as a probe of it has. 0 or -ENOMEM.
int capacity_set_rate(const struct options *options, const struct capacity_rule *rule, struct block *block,
                      double per_s);

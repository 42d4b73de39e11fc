// SPDX-License-Identifier: MIT
// From the pairs of a gate to its verdicts, by the rules of measure/pairs.h.
#pragma once

#include <stdbool.h>

struct cJSON;

// What a gate came to so far.
struct gate_outcome {
    int status;           // that ccbench exits with
    bool control_differs; // base differs from base: more would be measured in vain
};

// Fills in what is derived, from the pairs. To be called after each batch, and again at the end; earlier results are
// replaced. 0 or -ENOMEM.
int gate_summarise(struct cJSON *document, struct gate_outcome *ret_outcome);

// Whether another batch could tell more of a cell's metric (after gate_summarise): it was flagged and is not confirmed, or
// the noise hid the answer; and of a cell, one that is compared, of any of its metrics.
bool gate_unsettled(const struct cJSON *metric);
bool gate_cell_unsettled(const struct cJSON *cell);

// SPDX-License-Identifier: MIT
// From the pairs of a gate to its verdicts, by the rules of measure/pairs.h.
#pragma once

#include <stdbool.h>

struct cJSON;

// Fills in what is derived, from the pairs. To be called after each batch, and again at the end; earlier results are
// replaced. 0 or -ENOMEM.
int gate_summarise(struct cJSON *document);

// Whether another batch could tell more of a cell's metric (after gate_summarise): it was flagged and is not confirmed, or
// the noise hid the answer.
bool gate_unsettled(const struct cJSON *metric);

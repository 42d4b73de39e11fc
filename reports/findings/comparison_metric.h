// SPDX-License-Identifier: MIT
// Two reports' cells held against each other: what each metric's medians and intervals say of the other's.
#pragma once

struct cJSON;

// Adds an object for each of `metrics` (names separated by commas; NULL: by what the tasks do) to `list`, by the rule and
// the mismatch of the document. 0 or -ENOMEM.
int comparison_metrics(const struct cJSON *document, const struct cJSON *base, const struct cJSON *new,
                       const char *metrics, struct cJSON *list);

// SPDX-License-Identifier: MIT
// One number from each round, and what they come to: {"median","low","high","coverage","min","max","mean","sd","mad",
// "outliers_mild","outliers_far"}.
#pragma once

#include <stddef.h>

#include "reports/document/metrics.h"

struct cJSON;

// Puts the statistic of `n` values into `object` under that name, null where there are none. 0 or -ENOMEM.
int statistic_set(struct cJSON *object, const char *name, const double *values, size_t n);

// The same of the metric over the cell's ok samples, or, where `list` is not NULL, over the index-th item of the list of that
// name in each. `values` has room for sample_count(cell).
int statistic_of_samples(struct cJSON *object, const struct cJSON *cell, const struct metric *metric, const char *list,
                         int index, double *values);

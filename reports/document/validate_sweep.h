// SPDX-License-Identifier: MIT
#ifndef CCBENCH_REPORTS_CHECK_SWEEP_H
#define CCBENCH_REPORTS_CHECK_SWEEP_H

#include <stdbool.h>

#include "reports/document/document.h"

// Whether what the block says of its sweep, if anything, can be shown. 0, or -EINVAL with `error` filled, which begins
// with `where`.
int check_sweep(const struct cJSON *block, const char *where, char error[DOCUMENT_ERROR]);

// Whether both are the same experiment: the workload with the same tasks, concurrency and CPUs.
bool check_same_block(const struct cJSON *a, const struct cJSON *b);

#endif

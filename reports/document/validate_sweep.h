// SPDX-License-Identifier: MIT
#ifndef CCBENCH_REPORTS_VALIDATE_SWEEP_H
#define CCBENCH_REPORTS_VALIDATE_SWEEP_H

#include "reports/document/document.h"

// Whether what the block says of its sweep, if anything, can be shown. 0, or -EINVAL with `error` filled, which begins
// with `where`.
int validate_sweep(const struct cJSON *block, const char *where, char error[DOCUMENT_ERROR]);

#endif

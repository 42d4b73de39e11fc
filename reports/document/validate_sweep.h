// SPDX-License-Identifier: MIT
#pragma once

#include "reports/document/document.h"

// Whether what the block says of its sweep, if anything, can be shown. 0, or -EINVAL with `error` filled, which begins
// with `where`.
int validate_sweep(const struct cJSON *block, const char *where, char error[DOCUMENT_ERROR]);

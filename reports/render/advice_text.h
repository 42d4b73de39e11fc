// SPDX-License-Identifier: MIT
// The document of `ccbench check` (reports/findings/advice.h), for people.
#pragma once

#include <stdio.h>

#include "reports/render/style.h"

struct cJSON;

// Writes the document for people: the machine, a line for each finding that blurs or limits, what is unknown and what
// is fine on one line each. 0 or -ENOMEM; a failed write of `out` is the caller's to find.
int advice_write(const struct cJSON *document, const struct report_style *style, FILE *out);

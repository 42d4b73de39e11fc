// SPDX-License-Identifier: MIT
// The classes of a mix by themselves: a second grid below a block's table, models × classes.
#pragma once

#include <stdio.h>

#include "reports/render/style.h"

struct cJSON;

// Writes it for a block of two or more classes, nothing for others: p50, p99 (or the slowest where the class has too few
// tasks for it) and the longest queued, of the first classes and as many columns as there is room for; the other classes
// are named. 0 or -ENOMEM.
int table_write_classes(const struct cJSON *document, const struct cJSON *block, const struct report_style *style,
                        FILE *out);

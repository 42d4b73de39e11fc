// SPDX-License-Identifier: MIT
// The table of a gate or a comparison, for people.
#pragma once

#include <stdio.h>

struct cJSON;
struct report_style;

// 0 or -ENOMEM.
int gate_table_write(const struct cJSON *document, const struct report_style *style, FILE *out);

// SPDX-License-Identifier: MIT
// Reports of several machines (reports/document/several.h), as tables for people.
#pragma once

#include <stdio.h>

#include "reports/render/style.h"

struct cJSON;

// Writes all of it: side by side, or, where there are many or too many for the width, summed up, and with all columns each
// machine below that. 0 or -ENOMEM.
int table_several_write(const struct cJSON *several, const struct report_style *style, FILE *out);

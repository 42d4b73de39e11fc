// SPDX-License-Identifier: MIT
// What reports in GitHub's Markdown are put together with. Each returns 0 or -ENOMEM.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "reports/render/grid.h"

struct cJSON;

// Cleaned, with what would be markup or the end of a table's cell made harmless.
int markdown_escaped(FILE *out, const char *text);

// A line of text behind `lead`, which is written as it is; and of each text of a list.
int markdown_item(FILE *out, const char *lead, const char *text);
int markdown_items(FILE *out, const char *lead, const struct cJSON *list);

// A grid as a table, the lines of its heading in one. `alarms` (may be NULL): whether the last place of that row stands out.
int markdown_grid(FILE *out, const struct grid *grid, bool (*alarms)(const void *data, size_t row), const void *data);

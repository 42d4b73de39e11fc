// SPDX-License-Identifier: MIT
// The marks of a table, and what they and its gaps mean.
#pragma once

#include <stdio.h>

struct cJSON;

// Writes the marks of a cell: "!", "e", "!o".
void table_write_flags(FILE *out, const struct cJSON *document, const struct cJSON *block, const struct cJSON *cell);

// Writes what the marks and gaps in a block's table mean, as one line; nothing if there are none. `out` is a stream of
// its own.
void table_write_legend(FILE *out, const struct cJSON *document, const struct cJSON *block);

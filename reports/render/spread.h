// SPDX-License-Identifier: MIT
// How the latencies of a cell's tasks are spread, as one line of bars: each cell's on the same log axis, which reaches from
// the quickest to the slowest task of all ok cells of the block. A bar's height is its part of the cell's highest; what
// has any task has a bar. "|" stands behind the bar that the slowest task is in.
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct cJSON;

// Columns of such a line, with its mark.
#define SPREAD_WIDTH 21

// Whether any cell of the block has a histogram; those of older documents have not.
bool spread_applies(const struct cJSON *block);

// Writes an ok cell's line, in blocks of eight heights or in ASCII of five; nothing where it has no histogram.
void spread_write(FILE *out, const struct cJSON *document, const struct cJSON *block, const struct cJSON *cell);
void spread_write_ascii(FILE *out, const struct cJSON *document, const struct cJSON *block, const struct cJSON *cell);

// Writes the axis's ends, over the columns where they are.
void spread_write_axis(FILE *out, const struct cJSON *block);

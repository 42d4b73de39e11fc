// SPDX-License-Identifier: MIT
// The frame of the charts that have a row for each model: its rank (of the ranking), mark and name at the left, a plot in the middle, a figure
// at the right, one axis below all. Where tasks compute and there are models of several languages, each of these has its rows
// together, under its name.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "reports/render/svg.h"
#include "reports/render/svg_scale.h"

struct cJSON;

#define CHART_ROW 20.0  // px, from one row to the next
#define CHART_SIDE 96.0 // room for the figures at the right

struct chart_rows {
    struct svg *svg;
    const struct cJSON *document, *block;
    const struct cJSON **cells; // NULL-terminated, the best first, then those without figures; owned
    size_t n, ok;               // of cells; of those with figures
    size_t *above;              // headings of families above each row; owned
    double names;               // where marks and names begin
    double left, right;         // of the plot
    double first;               // y of the first row's middle
};

// All of a block's cells; their names decide where the plot begins, and `ranks`, whether ranks stand before them. 0 or -ENOMEM;
// chart_rows_close() in any case.
int chart_rows_open(struct chart_rows *rows, struct svg *svg, const struct cJSON *document, const struct cJSON *block,
                    bool ranks);
void chart_rows_close(struct chart_rows *rows);

// Draws the heading, what the marks mean (may be NULL), rank, mark and name of the first `n` rows, and makes room for them.
void chart_rows_head(struct chart_rows *rows, const char *title, const char *legend, size_t n);
// Why those have no figures, in rows of their own.
void chart_rows_excuses(struct chart_rows *rows);
// The middle of a row; where the first `n` end; and the text at the right of one.
double chart_row_y(const struct chart_rows *rows, size_t row);
double chart_rows_end(const struct chart_rows *rows, size_t n);
void chart_row_figure(struct chart_rows *rows, size_t row, const char *text);

// Which series a cell is: its model's own (svg_series.h), or, of one that ccbench does not bring, by its place among such ones.
int chart_series(const struct cJSON *block, const struct cJSON *cell);

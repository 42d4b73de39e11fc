// SPDX-License-Identifier: MIT
// A block's figures as a grid: models × columns.
#pragma once

#include <stdio.h>

#include "reports/render/grid.h"
#include "reports/render/table_cells.h"

struct table {
    const struct cJSON *document, *block;
    const struct report_style *style;
    struct table_column set[TABLE_MAX_COLUMNS];
    bool markup;      // not for a terminal: characters may be of any width
    size_t columns;   // of set; 0: those of table_columns()
    size_t n;         // of ok cells
    struct grid grid; // a heading of two lines, then the ok cells, best first
};

// Fills a zeroed table with document, block and style set. 0 or -ENOMEM; table_release() in any case.
int table_fill(struct table *table);
void table_release(struct table *table);

// Writes heading and rows, if there are any; with all columns as many grids below each other as it takes.
void table_write(FILE *out, struct table *table);

// Writes the beginning of the line of a cell that has no figures: a dash for its rank, and its (cleaned) name.
void table_write_lead(FILE *out, const struct table *table, const char *model);
size_t table_lead_width(const struct table *table);

// SPDX-License-Identifier: MIT
// A block's figures as aligned lines, no wider than the terminal. Laid out by hand rather than by libsmartcols, whose
// output depends on the process's locale and which cannot drop columns by priority.
#ifndef CCBENCH_REPORTS_TABLE_GRID_H
#define CCBENCH_REPORTS_TABLE_GRID_H

#include <stdbool.h>
#include <stdio.h>

#include "reports/render/style.h"
#include "reports/render/table_cells.h"

struct table_row {
    const struct cJSON *cell;
    char *text[TABLE_MAX_COLUMNS]; // cleaned; owned
};

struct table {
    const struct cJSON *document, *block;
    const struct report_style *style;
    struct table_row *rows; // the ok cells, best first
    size_t n;               // of rows
    struct table_column set[TABLE_MAX_COLUMNS];
    size_t columns; // of set; 0: those of table_columns()
    char *heading[TABLE_MAX_COLUMNS][2]; // cleaned; owned
    size_t width[TABLE_MAX_COLUMNS];
    bool shown[TABLE_MAX_COLUMNS];
};

// Fills a zeroed table with document, block and style set. 0 or -ENOMEM; table_release() in any case.
int table_fill(struct table *table);
void table_release(struct table *table);

// Writes heading and rows; with all columns as many grids below each other as it takes. 0 or -ENOMEM.
int table_write(FILE *out, struct table *table);

// Writes the beginning of the line of a cell that has no figures: a dash for its rank, and its (cleaned) name.
void table_write_lead(FILE *out, const struct table *table, const char *model);
size_t table_lead_width(const struct table *table);

#endif

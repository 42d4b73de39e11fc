// SPDX-License-Identifier: MIT
// The columns of the table: what each shows of a cell, and which goes first when the terminal is narrow.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "reports/document/metrics.h"

struct cJSON;

#define TABLE_MAX_COLUMNS 72

// What of a cell a column with a metric shows: the whole, the class that an open loop is ranked by, or, from 1, the class
// of that place.
enum { TABLE_CELL = 0, TABLE_RANKED_CLASS = -1 };

struct table_column {
    unsigned place;              // among the columns
    const struct metric *metric; // whose heading and figure it has, or:
    const char *top, *bottom;    // heading; bottom NULL: the reference's name
    // Writes the text (UTF-8) of an ok cell; nothing where there is none. NULL: the metric's figure.
    void (*write)(FILE *out, const struct cJSON *document, const struct cJSON *block, const struct cJSON *cell);
    // The same where there is only ASCII; NULL: it is cleaned for that.
    void (*write_ascii)(FILE *out, const struct cJSON *document, const struct cJSON *block, const struct cJSON *cell);
    void (*write_bottom)(FILE *out, const struct cJSON *block); // a heading that depends on the block; NULL: `bottom`
    int of;
    // Whether the block has such a column at all; NULL: by the metric, and it has if any of its cells has text.
    bool (*applies)(const struct cJSON *block);
    unsigned drop;     // the highest goes first; 0: stays
    bool left;         // else right-aligned
    bool verbose;      // only with all columns
    bool plain;        // only without: replaced by more exact ones
    unsigned shortens; // as of a grid's column
    bool drawn;        // of characters: only where all of these are equally wide
};

// The table's own columns, of metrics and others, in order. The first two are rank and model. Returns how many.
size_t table_columns(struct table_column columns[TABLE_MAX_COLUMNS]);

bool table_column_applies(const struct table_column *column, const struct cJSON *block);

// Writes the column's text of an ok cell.
void table_write_cell(FILE *out, const struct cJSON *document, const struct cJSON *block, const struct cJSON *cell,
                      const struct table_column *column);

// The text of the model column.
void table_write_model(FILE *out, const struct cJSON *document, const struct cJSON *block, const struct cJSON *cell);

// Whether that holds of some ok cell.
bool table_some_cell(const struct cJSON *block, bool (*holds)(const struct cJSON *cell));

// SPDX-License-Identifier: MIT
// The columns of the table: what each shows of a cell, and which goes first when the terminal is narrow.
#ifndef CCBENCH_REPORTS_TABLE_CELLS_H
#define CCBENCH_REPORTS_TABLE_CELLS_H

#include <stdbool.h>
#include <stdio.h>

struct cJSON;

#define TABLE_MAX_COLUMNS 48

struct table_column {
    const char *top, *bottom; // heading; bottom NULL: the reference's name
    bool left;                // else right-aligned
    bool verbose;             // only with all columns
    bool plain;               // only without: replaced by more exact ones
    unsigned drop;            // the highest goes first; 0: stays
    // Writes the text (UTF-8) of an ok cell; nothing where there is none.
    void (*write)(FILE *out, const struct cJSON *document, const struct cJSON *block, const struct cJSON *cell,
                  const struct table_column *column);
    // Whether the block has such a column at all; NULL: it has if any of its cells has text.
    bool (*applies)(const struct cJSON *block);
    bool shortens; // its texts may be cut to their first words
    int class_index; // of a column about one class of tasks
};

// Ends with a column whose write is NULL. The first two are rank and model.
extern const struct table_column table_columns[];

// The text of the model column.
void table_write_model(FILE *out, const struct cJSON *document, const struct cJSON *block, const struct cJSON *cell,
                       const struct table_column *column);

// What the marks and gaps in a block's table mean, as one line ("" if there are none). To be freed with free(); NULL
// when out of memory.
char *table_legend(const struct cJSON *document, const struct cJSON *block);

#endif

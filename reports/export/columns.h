// SPDX-License-Identifier: MIT
// Columns of comma-separated values that are found in the document by a path.
#pragma once

#include <stddef.h>

#include "reports/export/csv.h"

struct cJSON;

// What a row is about. The part is a sample of the cell, or a metric of a gate's.
enum row_object { ROW_DOCUMENT, ROW_BLOCK, ROW_CELL, ROW_PART, ROW_OBJECTS };

struct csv_row {
    const struct cJSON *of[ROW_OBJECTS];
    const struct cJSON *classes; // as struct csv_kind has them
    const char *marks;           // reports/export/marks.h
    bool figures;                // false: of what was not measured well; its figures are empty
};

struct csv_column {
    const char *heading;
    enum row_object of;
    const char *path;
    bool figure; // empty unless the row has figures
};

// Each writes a field for each of the columns: their headings, or what a row has there.
void csv_headings(struct csv *csv, const struct csv_column *columns, size_t n);
void csv_row(struct csv *csv, const struct csv_column *columns, size_t n, const struct csv_row *row);

// One kind of rows of a report. Both are called behind the fields that say which cell a row is about: when it was run, the
// workload, its settings, the model.
struct csv_kind {
    // Writes the rest of the headings. `classes` has a member for the name of each class of tasks in the report. 0 or -ENOMEM.
    int (*headings)(struct csv *csv, const struct cJSON *classes);
    // Writes the lines of row->of[ROW_CELL], each begun by csv_cell_fields().
    void (*rows)(struct csv *csv, struct csv_row *row);
};

// Writes all of a report. 0 or -ENOMEM.
int csv_report(FILE *out, const struct cJSON *document, const struct csv_kind *kind);
void csv_cell_fields(struct csv *csv, const struct csv_row *row);

// The class of that name in an array of such objects; NULL.
const struct cJSON *csv_class(const struct cJSON *classes, const char *name);
// "class.NAME.FIELD". 0 or -ENOMEM.
int csv_class_heading(struct csv *csv, const char *class_name, const char *field_name);

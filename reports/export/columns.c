// SPDX-License-Identifier: MIT
#include "reports/export/columns.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reports/document/fields.h"
#include "reports/export/marks.h"

static const struct csv_column of_cell[] = {
    {"started", ROW_DOCUMENT, "started", false},
    {"fingerprint", ROW_DOCUMENT, "fingerprint.hash", false},
    {"workload", ROW_BLOCK, "workload", false},
    {"tasks", ROW_BLOCK, "tasks", false},
    {"concurrency", ROW_BLOCK, "concurrency", false},
    {"cores", ROW_BLOCK, "cores", false},
    {"rate_per_s", ROW_BLOCK, "rate.per_s", false},
    {"rate_constant", ROW_BLOCK, "rate.constant", false},
    {"sweep_axis", ROW_BLOCK, "sweep.axis", false},
    {"sweep_value", ROW_BLOCK, "sweep.value", false},
    {"model", ROW_CELL, "model", false},
    {"family", ROW_CELL, "family", false},
    {"lanes", ROW_CELL, "lanes", false},
    {"status", ROW_CELL, "status", false},
    {"reason", ROW_CELL, "reason", false},
};

void csv_headings(struct csv *csv, const struct csv_column *columns, size_t n)
{
    for (size_t i = 0; i < n; i++)
        csv_text(csv, columns[i].heading);
}

void csv_row(struct csv *csv, const struct csv_column *columns, size_t n, const struct csv_row *row)
{
    for (size_t i = 0; i < n; i++) {
        bool empty = columns[i].figure && !row->figures;

        csv_item(csv, empty ? NULL : field(row->of[columns[i].of], columns[i].path));
    }
}

// Of the block where they are swept, else of the whole run.
static void write_cpus(struct csv *csv, const struct csv_row *row)
{
    const cJSON *own = field(row->of[ROW_BLOCK], "cpus");

    csv_item(csv, own != NULL ? own : field(row->of[ROW_DOCUMENT], "placement.cpus"));
}

// The names of models have dots in them, which a path has not.
static void write_runtime(struct csv *csv, const struct csv_row *row)
{
    const cJSON *runtimes = field(row->of[ROW_DOCUMENT], "environment.runtimes");
    const char *model = field_text(row->of[ROW_CELL], "model");

    csv_item(csv, field(cJSON_GetObjectItemCaseSensitive(runtimes, model), "language"));
}

void csv_cell_fields(struct csv *csv, const struct csv_row *row)
{
    csv_row(csv, of_cell, sizeof of_cell / sizeof *of_cell, row);
    write_cpus(csv, row);
    write_runtime(csv, row);
    csv_text(csv, row->marks);
}

static void add_classes(cJSON *names, const cJSON *classes)
{
    const cJSON *class;

    cJSON_ArrayForEach(class, classes) {
        const char *name = field_text(class, "name");

        if (name != NULL && cJSON_GetObjectItemCaseSensitive(names, name) == NULL)
            cJSON_AddNullToObject(names, name);
    }
}

// The names of all classes of tasks, each once, in the order of the cells: an object with a null for each.
static cJSON *make_classes(const cJSON *document)
{
    cJSON *names = cJSON_CreateObject();
    const cJSON *block, *cell;

    cJSON_ArrayForEach(block, field(document, "workloads")) {
        cJSON_ArrayForEach(cell, field(block, "cells"))
            add_classes(names, field(cell, "summary.classes"));
    }
    return names;
}

static int write_block(struct csv *csv, const struct csv_kind *kind, struct csv_row *row)
{
    char *marks = export_marks(row->of[ROW_DOCUMENT], row->of[ROW_BLOCK]);
    const cJSON *cell;

    if (marks == NULL)
        return -ENOMEM;
    row->marks = marks;
    cJSON_ArrayForEach(cell, field(row->of[ROW_BLOCK], "cells")) {
        row->of[ROW_CELL] = cell;
        row->figures = cell_ok(cell);
        kind->rows(csv, row);
    }
    free(marks);
    return 0;
}

int csv_report(FILE *out, const cJSON *document, const struct csv_kind *kind)
{
    cJSON *classes = make_classes(document);
    struct csv csv = {.out = out};
    struct csv_row row = {.of[ROW_DOCUMENT] = document, .classes = classes};
    const cJSON *block;
    int err = 0;

    csv_headings(&csv, of_cell, sizeof of_cell / sizeof *of_cell);
    csv_text(&csv, "cpus");
    csv_text(&csv, "runtime");
    csv_text(&csv, "marks");
    err = kind->headings(&csv, classes);
    csv_end_line(&csv);
    cJSON_ArrayForEach(block, field(document, "workloads")) {
        row.of[ROW_BLOCK] = block;
        if (err == 0)
            err = write_block(&csv, kind, &row);
    }
    cJSON_Delete(classes);
    return err;
}

const cJSON *csv_class(const cJSON *classes, const char *name)
{
    const cJSON *class;

    cJSON_ArrayForEach(class, classes) {
        if (field_is(class, "name", name))
            return class;
    }
    return NULL;
}

int csv_class_heading(struct csv *csv, const char *class_name, const char *field_name)
{
    char *heading;

    if (asprintf(&heading, "class.%s.%s", class_name, field_name) < 0)
        return -ENOMEM;
    csv_text(csv, heading);
    free(heading);
    return 0;
}

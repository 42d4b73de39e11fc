// SPDX-License-Identifier: MIT
#include "reports/render/table_classes.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>

#include "measure/base/stats.h"
#include "measure/base/text.h"
#include "measure/base/units.h"
#include "measure/base/utf8.h"
#include "reports/document/fields.h"
#include "reports/document/metrics.h"
#include "reports/render/paragraph.h"
#include "reports/render/table_grid.h"

#define MOST_CLASSES 6
#define COLUMNS_EACH 3
// Columns of a class's name in the heading.
#define NAME_WIDTH 14
// More than so many bytes are never looked at.
#define NAME_BYTES 200
// What goes first when there is no room: every p50, every longest queued, whole classes from the last on.
#define DROP_CLASS 10
#define DROP_QUEUED 100
#define DROP_P50 200

struct class_grid {
    struct table table;
    char *names[MOST_CLASSES]; // shortened; owned
    const cJSON *classes;      // of some cell's summary: all cells have the same
    int shown;                 // the first so many of them have columns
};

// Nothing, in a column that is not empty: the models stand below those of the main grid.
static void write_blank(FILE *out, const cJSON *document, const cJSON *block, const cJSON *cell)
{
    fputc(' ', out);
}

static void add_columns(struct class_grid *grid, int index)
{
    struct table_column *next = &grid->table.set[grid->table.columns];
    const cJSON *class = cJSON_GetArrayItem(grid->classes, index);
    bool p99 = field_number(class, "tasks") >=
               (double)stats_percentile_needs(metric_table[METRIC_latency_p99_ns].percentile);
    enum metric_id worst = p99 ? METRIC_latency_p99_ns : METRIC_latency_max_ns;
    unsigned place = (unsigned)index;

    next[0] = (struct table_column){.metric = &metric_table[METRIC_latency_p50_ns], .drop = DROP_P50 + place};
    next[1] = (struct table_column){.metric = &metric_table[worst], .drop = index > 0 ? DROP_CLASS + place : 0};
    next[2] = (struct table_column){.metric = &metric_table[METRIC_queued_max_ns], .drop = DROP_QUEUED + place};
    for (int i = 0; i < COLUMNS_EACH; i++) {
        next[i].top = grid->names[index];
        next[i].bottom = i < 2 ? next[i].metric->top : next[i].metric->bottom;
        next[i].of = index + 1;
    }
    grid->table.columns += COLUMNS_EACH;
}

// The name as far as there is room for it: whole characters of it, however they are written.
static char *shorten_name(const char *name, bool utf8)
{
    char *text = text_clean(name, utf8), *shorter;
    size_t bytes = utf8_clip(name, NAME_BYTES);

    while (text != NULL && bytes > 0 && text_width(text) > NAME_WIDTH) {
        free(text);
        bytes = utf8_clip(name, bytes - 1);
        if (asprintf(&shorter, "%.*s…", (int)bytes, name) < 0)
            return NULL;
        text = text_clean(shorter, utf8);
        free(shorter);
    }
    return text;
}

static int fill(struct class_grid *grid)
{
    int err = 0;

    grid->table.set[0] = (struct table_column){.top = "", .bottom = "", .write = write_blank};
    grid->table.set[1] = (struct table_column){.top = "", .bottom = "model", .left = true, .write = table_write_model};
    grid->table.columns = 2;
    for (int i = 0; i < grid->shown; i++) {
        const char *name = field_text(cJSON_GetArrayItem(grid->classes, i), "name");

        grid->names[i] = shorten_name(name != NULL ? name : "", grid->table.style->utf8);
        if (grid->names[i] == NULL)
            err = -ENOMEM;
        else
            add_columns(grid, i);
    }
    return err == 0 ? table_fill(&grid->table) : err;
}

static bool class_is_shown(const struct class_grid *grid, int index)
{
    if (grid->table.style->all_columns)
        return index < grid->shown;
    for (int i = 0; index < grid->shown && i < COLUMNS_EACH; i++)
        if (!grid->table.grid.column[2 + index * COLUMNS_EACH + i].hidden)
            return true;
    return false;
}

static void name_class(FILE *text, const struct class_grid *grid, int index, bool count)
{
    const cJSON *class = cJSON_GetArrayItem(grid->classes, index);
    double tasks = field_number(class, "tasks");
    const char *name = field_text(class, "name");
    char number[UNITS_TEXT];

    fputs(name != NULL ? name : "", text);
    if (count)
        fprintf(text, " (%s task%s)", units_format_count(number, (uint64_t)tasks), text_plural(tasks));
}

static void say_classes(FILE *text, const struct class_grid *grid)
{
    fputs("by class, queued being the longest wait to begin: ", text);
    for (int i = 0; i < grid->shown; i++) {
        fputs(i > 0 ? ", " : "", text);
        name_class(text, grid, i, true);
    }
}

// At most as many as could have been shown: a mix may have a thousand.
static void say_others(FILE *text, const struct class_grid *grid)
{
    int count = cJSON_GetArraySize(grid->classes), said = 0;

    for (int i = 0; i < count; i++) {
        if (class_is_shown(grid, i))
            continue;
        if (said++ == MOST_CLASSES) {
            fputs(" and others", text);
            return;
        }
        fputs(said == 1 ? "not shown, but in the JSON: " : ", ", text);
        name_class(text, grid, i, false);
    }
}

static int write_gathered(FILE *out, const struct class_grid *grid, void (*say)(FILE *, const struct class_grid *))
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    say(text.out, grid);
    err = text_stream_close(&text);
    if (err == 0 && text.length > 0)
        err = paragraph_write(out, grid->table.style, COLOR_DIM, text.text, PARAGRAPH_HANGING);
    free(text.text);
    return err;
}

static const cJSON *classes_of(const cJSON *block)
{
    const cJSON *cell, *classes = NULL;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (classes == NULL && cell_ok(cell))
            classes = field(cell, "summary.classes");
    }
    return classes;
}

int table_write_classes(const cJSON *document, const cJSON *block, const struct report_style *style, FILE *out)
{
    struct class_grid grid = {.table = {.document = document, .block = block, .style = style},
                              .classes = classes_of(block)};
    int count = cJSON_GetArraySize(grid.classes), err;

    if (count < 2)
        return 0;
    grid.shown = count < MOST_CLASSES ? count : MOST_CLASSES;
    err = fill(&grid);
    if (err == 0)
        err = write_gathered(out, &grid, say_classes);
    if (err == 0) {
        table_write(out, &grid.table);
        err = write_gathered(out, &grid, say_others);
    }
    table_release(&grid.table);
    for (int i = 0; i < MOST_CLASSES; i++)
        free(grid.names[i]);
    return err;
}

// SPDX-License-Identifier: MIT
#include "reports/render/table_grid.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/findings/ranking.h"

#define HEADINGS 2
#define GAP_AFTER_RANK 1

enum { RANK, MODEL, LEADING };

void table_release(struct table *table)
{
    grid_release(&table->grid);
}

// What the column writes of a cell, or, where that is NULL, below its heading.
static void write_text(FILE *out, const struct table *table, size_t column, const cJSON *cell)
{
    const struct table_column *c = &table->set[column];
    const char *reference = field_text(table->document, "plan.reference");

    if (cell != NULL && c->write_ascii != NULL && !table->style->utf8)
        c->write_ascii(out, table->document, table->block, cell);
    else if (cell != NULL)
        table_write_cell(out, table->document, table->block, cell, c);
    else if (c->write_bottom != NULL)
        c->write_bottom(out, table->block);
    else if (c->bottom != NULL || reference != NULL)
        fputs(c->bottom != NULL ? c->bottom : reference, out);
}

static int set_text(struct table *table, size_t row, size_t column, const cJSON *cell)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    write_text(text.out, table, column, cell);
    err = text_stream_close(&text);
    if (err == 0)
        err = grid_set(&table->grid, row, column, text.text);
    free(text.text);
    return err;
}

static int set_headings(struct table *table)
{
    int err = 0;

    for (size_t c = 0; err == 0 && c < table->columns; c++) {
        err = grid_set(&table->grid, 0, c, table->set[c].top);
        if (err == 0)
            err = set_text(table, 1, c, NULL);
    }
    return err;
}

static int set_cells(struct table *table, const cJSON *const *cells)
{
    int err = 0;

    for (size_t i = 0; err == 0 && i < table->n; i++) {
        if (field_number(cells[i], "summary.rank") == 1)
            table->grid.color[HEADINGS + i] = COLOR_BOLD;
        for (size_t c = 0; err == 0 && c < table->columns; c++)
            err = set_text(table, HEADINGS + i, c, cells[i]);
    }
    return err;
}

static bool column_is_empty(const struct grid *grid, size_t column)
{
    for (size_t row = HEADINGS; row < grid->rows; row++)
        if (grid_place(grid, row, column)->text[0] != '\0')
            return false;
    return true;
}

static bool column_applies(const struct table *table, size_t column)
{
    const struct table_column *c = &table->set[column];

    if (table->style->all_columns ? c->plain : c->verbose)
        return false;
    if (c->drawn && table->markup)
        return false;
    return table_column_applies(c, table->block) && !column_is_empty(&table->grid, column);
}

// A gap in a column that others fill is said aloud; no flags are just no flags.
static int fill_gaps(struct grid *grid, size_t column)
{
    int err = 0;

    for (size_t row = HEADINGS; err == 0 && row < grid->rows; row++) {
        if (grid_place(grid, row, column)->text[0] == '\0' && grid_place(grid, 1, column)->text[0] != '\0')
            err = grid_set(grid, row, column, "n/a");
    }
    return err;
}

// The model column must also hold those below the line.
static void make_room_for_models(struct table *table)
{
    struct grid_column *rank = &table->grid.column[RANK], *model = &table->grid.column[MODEL];
    const cJSON *cell;

    cJSON_ArrayForEach(cell, field(table->block, "cells")) {
        size_t width = text_width(field_text(cell, "model"));

        model->width = width > model->width ? width : model->width;
    }
    rank->width = rank->width < 2 ? 2 : rank->width;
    model->gap = GAP_AFTER_RANK;
    model->hidden = false;
}

static int set_columns(struct table *table)
{
    int err = 0;

    for (size_t c = 0; err == 0 && c < table->columns; c++) {
        struct grid_column *column = &table->grid.column[c];

        column->left = table->set[c].left;
        column->shortens = table->set[c].shortens;
        column->drop = table->set[c].drop;
        column->hidden = !column_applies(table, c);
        err = fill_gaps(&table->grid, c);
    }
    return err;
}

int table_fill(struct table *table)
{
    const cJSON **cells = ranking_sorted(table->block, &table->n);
    int err = cells != NULL ? 0 : -ENOMEM;

    if (table->columns == 0)
        table->columns = table_columns(table->set);
    if (err == 0)
        err = grid_open(&table->grid, table->style, HEADINGS, HEADINGS + table->n, table->columns);
    if (err == 0)
        err = set_cells(table, cells);
    free(cells);
    if (err == 0)
        err = set_headings(table);
    if (err == 0)
        err = set_columns(table);
    if (err < 0)
        return err;
    grid_measure(&table->grid);
    make_room_for_models(table);
    return 0;
}

void table_write(FILE *out, struct table *table)
{
    if (table->n == 0)
        return;
    if (table->style->all_columns) {
        grid_write_parts(out, &table->grid, LEADING);
    } else {
        grid_fit(&table->grid);
        grid_write(out, &table->grid);
    }
}

size_t table_lead_width(const struct table *table)
{
    return table->grid.column[RANK].width + GAP_AFTER_RANK + table->grid.column[MODEL].width + GRID_GAP;
}

void table_write_lead(FILE *out, const struct table *table, const char *model)
{
    text_aligned(out, "-", table->grid.column[RANK].width, false);
    text_spaces(out, GAP_AFTER_RANK);
    text_aligned(out, model, table->grid.column[MODEL].width, true);
    text_spaces(out, GRID_GAP);
}

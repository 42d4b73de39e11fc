// SPDX-License-Identifier: MIT
#include "reports/render/table_grid.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reports/document/fields.h"
#include "reports/findings/ranking.h"
#include "measure/base/text.h"

#define GAP 2
#define GAP_AFTER_RANK 1

enum { RANK, MODEL };

void table_release(struct table *table)
{
    for (size_t i = 0; i < table->n && table->rows != NULL; i++)
        for (size_t c = 0; c < table->columns; c++)
            free(table->rows[i].text[c]);
    for (size_t c = 0; c < table->columns; c++)
        for (size_t line = 0; line < 2; line++)
            free(table->heading[c][line]);
    free(table->rows);
}

static char *make_text(const struct table *table, size_t column, const cJSON *cell)
{
    char *text = NULL, *clean = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    if (out == NULL)
        return NULL;
    table_write_cell(out, table->document, table->block, cell, &table->set[column]);
    if (text_finish(out, &text))
        clean = text_clean(text, table->style->utf8);
    free(text);
    return clean;
}

static int make_headings(struct table *table)
{
    const char *reference = field_text(table->document, "plan.reference");

    for (size_t c = 0; c < table->columns; c++) {
        const char *bottom = table->set[c].bottom;

        if (bottom == NULL)
            bottom = reference != NULL ? reference : "";
        table->heading[c][0] = text_clean(table->set[c].top, table->style->utf8);
        table->heading[c][1] = text_clean(bottom, table->style->utf8);
        if (table->heading[c][0] == NULL || table->heading[c][1] == NULL)
            return -ENOMEM;
    }
    return 0;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void measure_column(struct table *table, size_t column)
{
    size_t width = larger(text_width(table->heading[column][0]), text_width(table->heading[column][1]));

    for (size_t i = 0; i < table->n; i++)
        width = larger(width, text_width(table->rows[i].text[column]));
    table->width[column] = width;
}

static bool column_is_empty(const struct table *table, size_t column)
{
    for (size_t i = 0; i < table->n; i++)
        if (table->rows[i].text[column][0] != '\0')
            return false;
    return true;
}

static bool column_applies(const struct table *table, size_t column)
{
    const struct table_column *c = &table->set[column];

    if (table->style->all_columns ? c->plain : c->verbose)
        return false;
    return table_column_applies(c, table->block) && !column_is_empty(table, column);
}

// A gap in a column that others fill is said aloud; no flags are just no flags.
static int fill_gaps(struct table *table, size_t column)
{
    for (size_t i = 0; i < table->n; i++) {
        char **text = &table->rows[i].text[column];

        if (**text == '\0' && table->heading[column][1][0] != '\0') {
            free(*text);
            *text = strdup("n/a");
            if (*text == NULL)
                return -ENOMEM;
        }
    }
    return 0;
}

// The model column must also hold those below the line.
static void make_room_for_models(struct table *table)
{
    const cJSON *cell;

    cJSON_ArrayForEach(cell, field(table->block, "cells")) {
        table->width[MODEL] = larger(table->width[MODEL], text_width(field_text(cell, "model")));
    }
    table->width[RANK] = larger(table->width[RANK], 2);
    table->shown[MODEL] = true;
}

int table_fill(struct table *table)
{
    const cJSON **cells = ranking_sorted(table->block, &table->n);
    int err = 0;

    if (table->columns == 0)
        table->columns = table_columns(table->set);
    table->rows = calloc(table->n + 1, sizeof *table->rows);
    if (cells == NULL || table->rows == NULL)
        err = -ENOMEM;
    for (size_t i = 0; err == 0 && i < table->n; i++) {
        table->rows[i].cell = cells[i];
        for (size_t c = 0; c < table->columns; c++)
            if ((table->rows[i].text[c] = make_text(table, c, cells[i])) == NULL)
                err = -ENOMEM;
    }
    free(cells);
    if (err == 0)
        err = make_headings(table);
    for (size_t c = 0; err == 0 && c < table->columns; c++) {
        table->shown[c] = column_applies(table, c);
        err = fill_gaps(table, c);
        if (err == 0)
            measure_column(table, c);
    }
    if (err == 0)
        make_room_for_models(table);
    return err;
}

static size_t gap_before(size_t column)
{
    return column == RANK ? 0 : column == MODEL ? GAP_AFTER_RANK : GAP;
}

static size_t table_width(const struct table *table)
{
    size_t width = 0;

    for (size_t c = 0; c < table->columns; c++)
        if (table->shown[c])
            width += gap_before(c) + table->width[c];
    return width;
}

// "greenlets: gevent, eventlet" → "greenlets", "threads without a GIL" → "threads"
static void shorten(char *text)
{
    static const char *const ends[] = {":", ",", ".", " (", " with", " under"};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char *end = strstr(text, ends[i]);

        if (end != NULL && end != text)
            *end = '\0';
    }
}

static void shorten_column(struct table *table, size_t column)
{
    for (size_t i = 0; i < table->n; i++)
        shorten(table->rows[i].text[column]);
    measure_column(table, column);
}

static void fit_width(struct table *table)
{
    for (;;) {
        size_t worst = 0;

        if (table_width(table) <= table->style->width)
            return;
        for (size_t c = 0; c < table->columns; c++)
            if (table->shown[c] && table->set[c].drop > table->set[worst].drop)
                worst = c;
        if (table->set[worst].drop == 0)
            return;
        if (table->set[worst].shortens) {
            shorten_column(table, worst);
            if (table_width(table) <= table->style->width)
                return;
        }
        table->shown[worst] = false;
    }
}

// One line of the table, no wider than the terminal, without spaces at its end. row NULL: that line of the heading.
static int write_line(FILE *out, const struct table *table, const struct table_row *row, size_t heading,
                      const char *color)
{
    size_t length;
    char *text = NULL;
    FILE *line = open_memstream(&text, &length);

    if (line == NULL)
        return -ENOMEM;
    for (size_t c = 0; c < table->columns; c++) {
        if (!table->shown[c])
            continue;
        text_spaces(line, gap_before(c));
        text_aligned(line, row != NULL ? row->text[c] : table->heading[c][heading], table->width[c],
                     table->set[c].left);
    }
    if (!text_finish(line, &text)) {
        free(text);
        return -ENOMEM;
    }
    if (table->style->width > 0)
        length = text_cut(text, table->style->width);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    if (length > 0) {
        color_start(out, table->style, color);
        fwrite(text, 1, length, out);
        color_end(out, table->style, color);
        fputc('\n', out);
    }
    free(text);
    return 0;
}

static int write_grid(FILE *out, const struct table *table)
{
    int err = write_line(out, table, NULL, 0, COLOR_DIM);

    if (err == 0)
        err = write_line(out, table, NULL, 1, COLOR_DIM);
    for (size_t i = 0; err == 0 && i < table->n; i++)
        err = write_line(out, table, &table->rows[i], 0,
                       field_number(table->rows[i].cell, "summary.rank") == 1 ? COLOR_BOLD : "");
    return err;
}

// All columns: as many grids below each other as it takes, each beginning with rank and model.
static int write_grids(FILE *out, struct table *table)
{
    bool wanted[TABLE_MAX_COLUMNS];
    size_t next = MODEL + 1;
    int err = 0;

    memcpy(wanted, table->shown, sizeof wanted);
    while (err == 0 && next < table->columns) {
        bool some = false;

        for (size_t c = MODEL + 1; c < table->columns; c++)
            table->shown[c] = false;
        for (; next < table->columns; next++) {
            table->shown[next] = wanted[next];
            if (some && table->style->width > 0 && table_width(table) > table->style->width) {
                table->shown[next] = false;
                break;
            }
            some |= wanted[next];
        }
        if (some)
            err = write_grid(out, table);
    }
    return err;
}

int table_write(FILE *out, struct table *table)
{
    if (table->n == 0)
        return 0;
    if (table->style->all_columns)
        return write_grids(out, table);
    if (table->style->width > 0)
        fit_width(table);
    return write_grid(out, table);
}

size_t table_lead_width(const struct table *table)
{
    return table->width[RANK] + GAP_AFTER_RANK + table->width[MODEL] + GAP;
}

void table_write_lead(FILE *out, const struct table *table, const char *model)
{
    text_aligned(out, "-", table->width[RANK], false);
    text_spaces(out, GAP_AFTER_RANK);
    text_aligned(out, model, table->width[MODEL], true);
    text_spaces(out, GAP);
}

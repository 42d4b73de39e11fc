// SPDX-License-Identifier: MIT
#include "reports/render/several_grid.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/figures.h"

#define HEADINGS 2
#define GAP_BETWEEN 4

// What stands below each other in one column of an experiment's grid.
enum { RANK, RATIO, IDEAL, PARTS };

// A grid while it is filled.
struct filling {
    const cJSON *several, *experiment;
    size_t models_n, machines_n;
    const cJSON **places; // [model][machine]
    bool by_machine;
    struct grid *grid;
};

static size_t count(const cJSON *object, const char *name)
{
    return (size_t)cJSON_GetArraySize(field(object, name));
}

static int gather_places(struct filling *filling)
{
    const cJSON *model, *place;
    size_t i = 0;

    filling->models_n = count(filling->experiment, "models");
    filling->machines_n = count(filling->several, "machines");
    filling->places = calloc(filling->models_n * filling->machines_n + 1, sizeof *filling->places);
    if (filling->places == NULL)
        return -ENOMEM;
    cJSON_ArrayForEach(model, field(filling->experiment, "models")) {
        cJSON_ArrayForEach(place, field(model, "places"))
            filling->places[i++] = place;
    }
    return 0;
}

static const char *name_of(const cJSON *item)
{
    const char *model = field_text(item, "model");

    return model != NULL ? model : field_text(item, "label");
}

static const cJSON *place_at(const struct filling *filling, size_t row, size_t column)
{
    return filling->by_machine ? filling->places[column * filling->machines_n + row]
                               : filling->places[row * filling->machines_n + column];
}

static void write_part(FILE *out, const cJSON *experiment, const cJSON *place, int part)
{
    if (!cell_ok(place))
        return;
    if (part == RANK)
        fprintf(out, "%.0f%s", field_number(place, "rank"), cJSON_IsTrue(field(place, "tied")) ? "=" : "");
    else if (part == RATIO)
        write_ratio(out, field_number(place, "speedup.median"));
    else if (!block_open_loop(experiment))
        write_percent(out, field_number(place, "of_ideal"));
    else if (field(place, "kept_up") != NULL)
        fputs(cJSON_IsTrue(field(place, "kept_up")) ? "yes" : "behind", out);
}

static const char *heading_of(const cJSON *experiment, int part)
{
    return part == RANK ? "rank" : part == RATIO ? "×" : block_open_loop(experiment) ? "keeps up" : "of ideal";
}

static int part_of(const cJSON *experiment, const cJSON *place, int part, char **ret_text)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    write_part(text.out, experiment, place, part);
    err = text_stream_close(&text);
    *ret_text = text.text;
    return err;
}

// The parts of a column, aligned below each other: texts[row][part], the heading's first.
struct column {
    char **texts;
    size_t rows, width[PARTS];
};

static void column_release(struct column *column)
{
    for (size_t i = 0; column->texts != NULL && i < column->rows * PARTS; i++)
        free(column->texts[i]);
    free(column->texts);
}

static void measure(struct column *column)
{
    for (size_t i = PARTS; i < column->rows * PARTS; i++) {
        size_t width = text_width(column->texts[i]);

        if (width > column->width[i % PARTS])
            column->width[i % PARTS] = width;
    }
    // The heading of what is not there is not there either.
    for (int part = 0; part < PARTS; part++) {
        size_t width = text_width(column->texts[part]);

        if (column->width[part] > 0 && width > column->width[part])
            column->width[part] = width;
    }
}

static int column_open(const struct filling *filling, size_t place, struct column *column)
{
    int err = 0;

    *column = (struct column){.rows = 1 + filling->grid->rows - HEADINGS};
    column->texts = calloc(column->rows * PARTS, sizeof *column->texts);
    if (column->texts == NULL)
        return -ENOMEM;
    for (int part = 0; err == 0 && part < PARTS; part++)
        err = (column->texts[part] = strdup(heading_of(filling->experiment, part))) != NULL ? 0 : -ENOMEM;
    for (size_t i = PARTS; err == 0 && i < column->rows * PARTS; i++)
        err = part_of(filling->experiment, place_at(filling, i / PARTS - 1, place), (int)(i % PARTS),
                      &column->texts[i]);
    if (err == 0)
        measure(column);
    return err;
}

static void write_aligned(FILE *out, const struct column *column, size_t row)
{
    const char *gap = "";

    for (size_t part = 0; part < PARTS; part++) {
        if (column->width[part] == 0)
            continue;
        fputs(gap, out);
        text_aligned(out, column->texts[row * PARTS + part], column->width[part], false);
        gap = "  ";
    }
}

static int set_aligned(struct grid *grid, size_t row, size_t to, const struct column *column, size_t from)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    write_aligned(text.out, column, from);
    err = text_stream_close(&text);
    if (err == 0)
        err = grid_set(grid, row, to, text.text);
    free(text.text);
    return err;
}

static int set_status(struct grid *grid, size_t row, size_t column, const cJSON *place)
{
    bool wrong = field_is(place, "status", "failed") || field_is(place, "status", "wrong");

    grid_place(grid, row, column)->color = wrong ? COLOR_RED : COLOR_DIM;
    return grid_set(grid, row, column, field_text(place, "status"));
}

static int fill_column(const struct filling *filling, size_t place, const char *heading)
{
    struct grid *grid = filling->grid;
    struct column column;
    int err = column_open(filling, place, &column);

    grid->column[1 + place].left = true;
    grid->column[1 + place].gap = GAP_BETWEEN;
    if (err == 0)
        err = grid_set(grid, 0, 1 + place, heading);
    if (err == 0)
        err = set_aligned(grid, 1, 1 + place, &column, 0);
    for (size_t row = HEADINGS; err == 0 && row < grid->rows; row++) {
        const cJSON *at = place_at(filling, row - HEADINGS, place);

        err = cell_ok(at) ? set_aligned(grid, row, 1 + place, &column, row - HEADINGS + 1)
                          : set_status(grid, row, 1 + place, at);
    }
    column_release(&column);
    return err;
}

// What stands before the figures: whose they are.
static int fill_lead(const struct filling *filling)
{
    const cJSON *machines = field(filling->several, "machines"), *models = field(filling->experiment, "models"), *item;
    const cJSON *down = filling->by_machine ? machines : models;
    struct grid *grid = filling->grid;
    size_t row = HEADINGS;
    int err = grid_set(grid, 0, 0, "");

    grid->column[0].left = true;
    if (err == 0)
        err = grid_set(grid, 1, 0, filling->by_machine ? "machine" : "model");
    cJSON_ArrayForEach(item, down) {
        if (err == 0)
            err = grid_set(grid, row++, 0, name_of(item));
    }
    return err;
}

static int fill_columns(const struct filling *filling)
{
    const cJSON *machines = field(filling->several, "machines"), *models = field(filling->experiment, "models"), *item;
    const cJSON *across = filling->by_machine ? models : machines;
    size_t place = 0;
    int err = 0;

    cJSON_ArrayForEach(item, across) {
        if (err == 0)
            err = fill_column(filling, place++, name_of(item));
    }
    return err;
}

static int set_part(const struct filling *filling, size_t model, size_t machine, int part)
{
    const cJSON *place = place_at(filling, model, machine);
    size_t row = HEADINGS + model, column = 1 + machine * PARTS + (size_t)part;
    char *text = NULL;
    int err;

    if (!cell_ok(place) && part == RANK)
        return set_status(filling->grid, row, column, place);
    err = part_of(filling->experiment, place, part, &text);
    if (err == 0)
        err = grid_set(filling->grid, row, column, text);
    free(text);
    return err;
}

static int fill_part(const struct filling *filling, size_t machine, int part, const char *label)
{
    size_t column = 1 + machine * PARTS + (size_t)part;
    int err = grid_set(filling->grid, 0, column, label);
    bool any = part == RANK;

    if (err == 0)
        err = grid_set(filling->grid, 1, column, heading_of(filling->experiment, part));
    for (size_t model = 0; err == 0 && model < filling->models_n; model++) {
        err = set_part(filling, model, machine, part);
        any = any || (err == 0 && grid_place(filling->grid, HEADINGS + model, column)->text[0] != '\0');
    }
    filling->grid->column[column].hidden = !any;
    return err;
}

static int fill_parts(const struct filling *filling)
{
    const cJSON *machine;
    size_t place = 0;

    cJSON_ArrayForEach(machine, field(filling->several, "machines")) {
        for (int part = 0; part < PARTS; part++) {
            int err = fill_part(filling, place, part, name_of(machine));

            if (err != 0)
                return err;
        }
        place++;
    }
    return 0;
}

static int make_grid(const cJSON *several, const cJSON *experiment, enum several_view view,
                     const struct report_style *style, struct grid *grid)
{
    bool by_machine = view == SEVERAL_BY_MACHINE;
    struct filling filling = {.several = several, .experiment = experiment, .by_machine = by_machine, .grid = grid};
    int err = gather_places(&filling);
    size_t rows = by_machine ? filling.machines_n : filling.models_n;
    size_t columns = by_machine ? filling.models_n : filling.machines_n;

    if (err == 0)
        err = grid_open(grid, style, HEADINGS, HEADINGS + rows, 1 + columns * (view == SEVERAL_APART ? PARTS : 1));
    if (err == 0)
        err = fill_lead(&filling);
    if (err == 0)
        err = view == SEVERAL_APART ? fill_parts(&filling) : fill_columns(&filling);
    free(filling.places);
    return err;
}

static const struct {
    const char *top, *bottom, *path;
    unsigned drop;
    bool ratio;
} summary_columns[] = {
    {"ranked", "first", "counts.first", 0, false}, {"level", "first", "counts.shared_first", 0, false},
    {"ranked", "last", "counts.last", 3, false},   {"of", "told", "counts.told", 2, false},
    {"", "lacking", "counts.lacking", 1, false},   {"×: the", "least", "spread.min", 0, true},
    {"", "quarter", "spread.q1", 4, true},         {"", "median", "spread.median", 0, true},
    {"three", "quarters", "spread.q3", 4, true},   {"", "most", "spread.max", 0, true},
};

#define SUMMARY_COLUMNS (sizeof summary_columns / sizeof *summary_columns)

static int set_figure(struct grid *grid, size_t row, size_t column, double figure, bool ratio)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    if (ratio)
        write_ratio(text.out, figure);
    else
        write_count(text.out, figure);
    err = text_stream_close(&text);
    if (err == 0)
        err = grid_set(grid, row, column, text.length > 0 ? text.text : "n/a");
    free(text.text);
    return err;
}

static int make_summary(const cJSON *experiment, const struct report_style *style, struct grid *grid)
{
    const cJSON *model;
    size_t row = HEADINGS;
    int err = grid_open(grid, style, HEADINGS, HEADINGS + count(experiment, "models"), 1 + SUMMARY_COLUMNS);

    if (err == 0)
        err = grid_set(grid, 0, 0, "");
    if (err == 0)
        err = grid_set(grid, 1, 0, "model");
    for (size_t i = 0; err == 0 && i < SUMMARY_COLUMNS; i++) {
        grid->column[1 + i].drop = summary_columns[i].drop;
        err = grid_set(grid, 0, 1 + i, summary_columns[i].top);
        if (err == 0)
            err = grid_set(grid, 1, 1 + i, summary_columns[i].bottom);
    }
    cJSON_ArrayForEach(model, field(experiment, "models")) {
        if (err == 0)
            err = grid_set(grid, row, 0, field_text(model, "model"));
        for (size_t i = 0; err == 0 && i < SUMMARY_COLUMNS; i++)
            err = set_figure(grid, row, 1 + i, field_number(model, summary_columns[i].path), summary_columns[i].ratio);
        row++;
    }
    if (err == 0)
        grid->column[0].left = true;
    return err;
}

int several_grid(const cJSON *several, const cJSON *experiment, enum several_view view,
                 const struct report_style *style, struct grid *grid)
{
    int err;

    *grid = (struct grid){.style = style};
    err = view == SEVERAL_SUMMARY ? make_summary(experiment, style, grid)
                                  : make_grid(several, experiment, view, style, grid);
    if (err == 0)
        grid_measure(grid);
    return err;
}

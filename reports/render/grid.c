// SPDX-License-Identifier: MIT
#include "reports/render/grid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"

int grid_open(struct grid *grid, const struct report_style *style, size_t headings, size_t rows, size_t columns)
{
    *grid = (struct grid){.style = style, .headings = headings, .rows = rows, .columns = columns};
    grid->column = calloc(columns, sizeof *grid->column);
    grid->places = calloc(rows * columns, sizeof *grid->places);
    grid->color = calloc(rows, sizeof *grid->color);
    if (grid->column == NULL || grid->places == NULL || grid->color == NULL)
        return -ENOMEM;
    for (size_t c = 1; c < columns; c++)
        grid->column[c].gap = GRID_GAP;
    for (size_t row = 0; row < rows; row++)
        grid->color[row] = row < headings ? COLOR_DIM : "";
    return 0;
}

void grid_release(struct grid *grid)
{
    for (size_t i = 0; grid->places != NULL && i < grid->rows * grid->columns; i++) {
        free(grid->places[i].text);
        free(grid->places[i].shorter);
    }
    free(grid->column);
    free(grid->places);
    free(grid->color);
    *grid = (struct grid){.rows = 0};
}

struct grid_place *grid_place(const struct grid *grid, size_t row, size_t column)
{
    return &grid->places[row * grid->columns + column];
}

int grid_set(struct grid *grid, size_t row, size_t column, const char *text)
{
    struct grid_place *place = grid_place(grid, row, column);

    free(place->text);
    place->text = text_clean(text, grid->style->utf8);
    return place->text != NULL ? 0 : -ENOMEM;
}

int grid_set_shorter(struct grid *grid, size_t row, size_t column, const char *text)
{
    struct grid_place *place = grid_place(grid, row, column);

    free(place->shorter);
    place->shorter = text_clean(text, grid->style->utf8);
    return place->shorter != NULL ? 0 : -ENOMEM;
}

static const char *text_at(const struct grid *grid, size_t row, size_t column)
{
    const char *text = grid_place(grid, row, column)->text;

    return text != NULL ? text : "";
}

static void measure_column(struct grid *grid, size_t column)
{
    size_t widest = 0;

    for (size_t row = 0; row < grid->rows; row++) {
        size_t width = text_width(text_at(grid, row, column));

        widest = width > widest ? width : widest;
    }
    grid->column[column].width = widest;
}

void grid_measure(struct grid *grid)
{
    for (size_t c = 0; c < grid->columns; c++)
        measure_column(grid, c);
}

// Some of a grid's columns: the first `lead` ones, and those from `first` to before `end`.
struct part {
    size_t lead, first, end;
};

static bool is_in(const struct grid *grid, const struct part *part, size_t column)
{
    return !grid->column[column].hidden && (column < part->lead || (column >= part->first && column < part->end));
}

static size_t width_of(const struct grid *grid, const struct part *part)
{
    size_t width = 0;

    for (size_t c = 0; c < grid->columns; c++)
        width += is_in(grid, part, c) ? grid->column[c].gap + grid->column[c].width : 0;
    return width;
}

static struct part whole(const struct grid *grid)
{
    return (struct part){0, 0, grid->columns};
}

static bool fits(const struct grid *grid, const struct part *part)
{
    return grid->style->width == 0 || width_of(grid, part) <= grid->style->width;
}

// "greenlets: gevent, eventlet" → "greenlets"
static void shorten(char *text)
{
    static const char *const ends[] = {":", ",", ".", " ("};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char *end = strstr(text, ends[i]);

        if (end != NULL && end != text)
            *end = '\0';
    }
}

static void shorten_column(struct grid *grid, size_t column)
{
    for (size_t row = grid->headings; row < grid->rows; row++) {
        struct grid_place *place = grid_place(grid, row, column);

        if (place->shorter == NULL) {
            shorten(place->text);
            continue;
        }
        free(place->text);
        place->text = place->shorter;
        place->shorter = NULL;
    }
    measure_column(grid, column);
}

bool grid_fits(const struct grid *grid)
{
    const struct part all = whole(grid);

    return fits(grid, &all);
}

// When the column is to give way next.
static unsigned gives_way(const struct grid_column *column)
{
    if (column->hidden)
        return 0;
    return column->shortens > column->drop ? column->shortens : column->drop;
}

void grid_fit(struct grid *grid)
{
    const struct part all = whole(grid);

    while (!fits(grid, &all)) {
        size_t worst = 0;

        for (size_t c = 0; c < grid->columns; c++)
            if (gives_way(&grid->column[c]) > gives_way(&grid->column[worst]))
                worst = c;
        if (gives_way(&grid->column[worst]) == 0)
            return;
        if (grid->column[worst].shortens > 0)
            shorten_column(grid, worst);
        else
            grid->column[worst].hidden = true;
        grid->column[worst].shortens = 0;
    }
}

// A line while it is written.
struct line {
    FILE *out;
    const struct report_style *style;
    const char *color;
    size_t column, spaces; // written so far, and to be written before what comes next
};

// As much of a text as there is room for; what is blank waits for what follows.
static void write_text(struct line *line, const char *text, const char *color)
{
    size_t width = line->style->width, begin = line->column + line->spaces, length, blank = 0;

    length = width == 0 ? strlen(text) : begin < width ? text_cut(text, width - begin) : 0;
    while (length > 0 && text[length - 1] == ' ') {
        length--;
        blank++;
    }
    if (length == 0) {
        line->spaces += text_width(text);
        return;
    }
    color_start(line->out, line->style, line->column == 0 ? line->color : "");
    text_spaces(line->out, line->spaces);
    color_start(line->out, line->style, color);
    fwrite(text, 1, length, line->out);
    color_end(line->out, line->style, color);
    line->column = begin + text_width(text) - blank;
    line->spaces = blank;
}

static void write_row(FILE *out, const struct grid *grid, const struct part *part, size_t row)
{
    struct line line = {out, grid->style, grid->color[row], 0, 0};

    for (size_t c = 0; c < grid->columns; c++) {
        const struct grid_column *column = &grid->column[c];
        const struct grid_place *place = grid_place(grid, row, c);
        size_t missing = column->width - text_width(text_at(grid, row, c));

        if (!is_in(grid, part, c))
            continue;
        line.spaces += column->gap + (column->left ? 0 : missing);
        write_text(&line, text_at(grid, row, c), place->color != NULL ? place->color : "");
        line.spaces += column->left ? missing : 0;
    }
    if (line.column == 0)
        return;
    color_end(out, grid->style, line.color);
    fputc('\n', out);
}

void grid_write_row(FILE *out, const struct grid *grid, size_t row)
{
    const struct part all = whole(grid);

    write_row(out, grid, &all, row);
}

void grid_write(FILE *out, const struct grid *grid)
{
    for (size_t row = 0; row < grid->rows; row++)
        grid_write_row(out, grid, row);
}

// Up to before the first column that has no room beside the others; one always has.
static void extend(const struct grid *grid, struct part *part)
{
    bool some = false;

    for (part->end = part->first; part->end < grid->columns; part->end++) {
        struct part longer = {part->lead, part->first, part->end + 1};

        if (some && !fits(grid, &longer))
            return;
        some |= !grid->column[part->end].hidden;
    }
}

void grid_write_parts(FILE *out, const struct grid *grid, size_t lead)
{
    const struct part leading = {lead, lead, lead};

    for (struct part part = leading; part.first < grid->columns; part.first = part.end) {
        extend(grid, &part);
        for (size_t row = 0; row < grid->rows && width_of(grid, &part) > width_of(grid, &leading); row++)
            write_row(out, grid, &part, row);
    }
}

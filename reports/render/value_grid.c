// SPDX-License-Identifier: MIT
#include "reports/render/value_grid.h"

#include <errno.h>
#include <stdlib.h>

#include "reports/render/table_grid.h"
#include "measure/base/text.h"

#define GAP 2

int value_grid_open(struct value_grid *grid, const struct report_style *style, size_t rows, size_t columns)
{
    *grid = (struct value_grid){.style = style, .rows = rows, .columns = columns};
    grid->texts = calloc(rows * columns, sizeof *grid->texts);
    grid->bold = calloc(rows * columns, sizeof *grid->bold);
    grid->widths = calloc(columns, sizeof *grid->widths);
    return grid->texts != NULL && grid->bold != NULL && grid->widths != NULL ? 0 : -ENOMEM;
}

void value_grid_release(struct value_grid *grid)
{
    for (size_t i = 0; grid->texts != NULL && i < grid->rows * grid->columns; i++)
        free(grid->texts[i]);
    free(grid->texts);
    free(grid->bold);
    free(grid->widths);
    *grid = (struct value_grid){.rows = 0};
}

int value_grid_set(struct value_grid *grid, size_t row, size_t column, const char *text, bool bold)
{
    char *clean = text_clean(text, grid->style->utf8);

    if (clean == NULL)
        return -ENOMEM;
    free(grid->texts[row * grid->columns + column]);
    grid->texts[row * grid->columns + column] = clean;
    grid->bold[row * grid->columns + column] = bold;
    if (text_width(clean) > grid->widths[column])
        grid->widths[column] = text_width(clean);
    return 0;
}

// The text of a place, and how many spaces come before and after it.
struct piece {
    const char *text;
    size_t before, after;
};

static struct piece piece_of(const struct value_grid *grid, size_t row, size_t column)
{
    const char *text = grid->texts[row * grid->columns + column];
    size_t missing;

    if (text == NULL)
        text = "";
    missing = grid->widths[column] - text_width(text);
    return (struct piece){text, column == 0 ? 0 : GAP + missing, column == 0 ? missing : 0};
}

// The line is cut where the terminal ends, and has no spaces at its end.
static void write_piece(FILE *out, const struct value_grid *grid, struct piece piece, const char *color, size_t *column,
                        size_t *spaces)
{
    size_t width = grid->style->width, begin = *column + *spaces + piece.before, length, shown = 0;

    length = width == 0 ? text_cut(piece.text, (size_t)-1) : begin < width ? text_cut(piece.text, width - begin) : 0;
    while (length > 0 && piece.text[length - 1] == ' ') {
        length--;
        shown++;
    }
    if (length == 0) {
        *spaces += piece.before + text_width(piece.text) + piece.after;
        return;
    }
    text_spaces(out, *spaces + piece.before);
    color_start(out, grid->style, color);
    fwrite(piece.text, 1, length, out);
    color_end(out, grid->style, color);
    *column = begin + text_width(piece.text) - shown;
    *spaces = shown + piece.after;
}

static void write_row(FILE *out, const struct value_grid *grid, size_t row, size_t first, size_t end)
{
    size_t column = 0, spaces = 0;

    for (size_t c = 0; c < end; c = c == 0 ? first : c + 1)
        write_piece(out, grid, piece_of(grid, row, c), row == 0 ? COLOR_DIM : grid->bold[row * grid->columns + c] ? COLOR_BOLD : "",
                    &column, &spaces);
    fputc('\n', out);
}

// The first column that does not fit beside the names and those from `first` on; one always does.
static size_t end_of(const struct value_grid *grid, size_t first)
{
    size_t end = first, width = grid->widths[0];

    while (end < grid->columns) {
        width += GAP + grid->widths[end];
        if (end > first && grid->style->width > 0 && width > grid->style->width)
            break;
        end++;
    }
    return end;
}

void value_grid_write(FILE *out, const struct value_grid *grid)
{
    for (size_t first = 1; first < grid->columns;) {
        size_t end = end_of(grid, first);

        for (size_t row = 0; row < grid->rows; row++)
            write_row(out, grid, row, first, end);
        first = end;
    }
}

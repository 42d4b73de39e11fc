// SPDX-License-Identifier: MIT
// Texts as aligned lines, no wider than the terminal: what every table and grid of a report is laid out by. By hand rather
// than by libsmartcols, whose output depends on the process's locale and which cannot drop columns by priority.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "reports/render/style.h"

#define GRID_GAP 2

struct grid_column {
    bool left; // else right-aligned
    bool hidden;
    unsigned
        shortens;  // where there is no room, the highest of these two goes first: texts are cut to their first words,
    unsigned drop; // or all of it is hidden; 0: never
    size_t gap;    // spaces before it; GRID_GAP but for the first
    size_t width;
};

struct grid_place {
    char *text;        // cleaned, "" where none was set; owned
    char *shorter;     // what it is cut to where the column shortens; NULL: to its first words. Owned
    const char *color; // of it alone
};

struct grid {
    const struct report_style *style;
    size_t headings, rows, columns; // lines of the heading; all lines, those included
    struct grid_column *column;     // owned
    struct grid_place *places;      // row by row; owned
    const char **color;             // of whole rows; the heading is dim; owned
};

// An empty grid. 0 or -ENOMEM; grid_release() in any case.
int grid_open(struct grid *grid, const struct report_style *style, size_t headings, size_t rows, size_t columns);
void grid_release(struct grid *grid);

// Puts a text into a place, cleaned for the style. 0 or -ENOMEM.
int grid_set(struct grid *grid, size_t row, size_t column, const char *text);

// Says what such a text is cut to where there is no room for it. 0 or -ENOMEM.
int grid_set_shorter(struct grid *grid, size_t row, size_t column, const char *text);

struct grid_place *grid_place(const struct grid *grid, size_t row, size_t column);

// Makes each column as wide as its widest text; to be called when all are set.
void grid_measure(struct grid *grid);

// Shortens what may be shortened, then hides columns by their `drop`, until the rest fits.
void grid_fit(struct grid *grid);

// Whether all columns that are not hidden fit into the width.
bool grid_fits(const struct grid *grid);

// Writes one line, cut where the terminal ends, without spaces at its end; nothing where it is empty.
void grid_write_row(FILE *out, const struct grid *grid, size_t row);

// Writes all of it as one, or as many parts below each other as the width asks for, each beginning with `lead` columns.
void grid_write(FILE *out, const struct grid *grid);
void grid_write_parts(FILE *out, const struct grid *grid, size_t lead);

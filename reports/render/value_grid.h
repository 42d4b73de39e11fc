// SPDX-License-Identifier: MIT
// A grid of names × values, as many below each other as the terminal's width asks for.
#ifndef CCBENCH_REPORTS_VALUE_GRID_H
#define CCBENCH_REPORTS_VALUE_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "reports/render/style.h"

struct value_grid {
    const struct report_style *style;
    size_t rows, columns; // the heading and the names included
    char **texts;         // cleaned; owned
    bool *bold;           // owned
    size_t *widths;       // owned
};

// An empty grid. 0 or -ENOMEM; value_grid_release() in any case.
int value_grid_open(struct value_grid *grid, const struct report_style *style, size_t rows, size_t columns);
void value_grid_release(struct value_grid *grid);

// Puts a text into a place. Row 0 is the heading; column 0, which each grid begins with, the names. 0 or -ENOMEM.
int value_grid_set(struct value_grid *grid, size_t row, size_t column, const char *text, bool bold);

// Writes it, the names at the left of their column, all else at the right.
void value_grid_write(FILE *out, const struct value_grid *grid);

#endif

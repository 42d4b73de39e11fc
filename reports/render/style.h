// SPDX-License-Identifier: MIT
// What a report is written for: a terminal of some width, or a file.
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct report_style {
    unsigned width; // columns of the terminal; 0: not a terminal, any width
    bool color;     // ANSI colours
    bool utf8;      // else plain ASCII
    bool all_columns;
};

// ANSI colours, written only where the style has them; color_end after "" writes nothing.
#define COLOR_BOLD "\033[1m"
#define COLOR_DIM "\033[2m"
#define COLOR_RED "\033[31m"
#define COLOR_GREEN "\033[32m"
#define COLOR_YELLOW "\033[33m"
#define COLOR_BLUE "\033[34m"
#define COLOR_MAGENTA "\033[35m"
#define COLOR_CYAN "\033[36m"
void color_start(FILE *out, const struct report_style *style, const char *color);
void color_end(FILE *out, const struct report_style *style, const char *color);

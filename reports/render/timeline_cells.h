// SPDX-License-Identifier: MIT
// A timeline as cells of a terminal: one column is one part of the axis, in which a row, or a share of all rows, is in some state.
#pragma once

#include "measure/trace/timeline.h"
#include "reports/render/style.h"

// A part of the axis, in so many columns.
struct timeline_axis {
    uint64_t begin_ns, end_ns;
    size_t columns;
};

// When a column begins; that of `columns` is the end.
uint64_t timeline_column_ns(const struct timeline_axis *axis, size_t column);

// What stands for a state, one column wide; for work that is less than half of its column, TIMELINE_STATES. Its colour.
const char *timeline_glyph(const struct report_style *style, unsigned state);
const char *timeline_color(unsigned state);

// What each column of a row shows: the state that it is most of; work is always seen, as TIMELINE_STATES where it is less than half.
void timeline_row_states(const struct timeline *timeline, const struct timeline_row *row,
                         const struct timeline_axis *axis, unsigned char *ret_states);

// What each column of all rows together shows, as shares from the bottom up: work, ready, waiting, and blank at the top what is idle.
#define TIMELINE_DENSITY_LINES 8
void timeline_density_states(const struct timeline *timeline, const struct timeline_axis *axis,
                             unsigned char (*ret_states)[TIMELINE_DENSITY_LINES]);

// Writes a line of states, without a newline.
void timeline_write_states(FILE *out, const struct report_style *style, const unsigned char *states, size_t n);

// Draws the density, each line with `indent` spaces before it but the first, which has `label`. 0 or -ENOMEM.
int timeline_draw_density(FILE *out, const struct report_style *style, const struct timeline *timeline,
                          const struct timeline_axis *axis, const char *label, size_t indent);

// Draws the axis' times, with `indent` spaces before it and a newline behind it.
void timeline_draw_axis(FILE *out, const struct report_style *style, const struct timeline_axis *axis, size_t indent);

// SPDX-License-Identifier: MIT
#include "reports/render/timeline_cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/render/svg_scale.h"

// Shares of a column as the density counts them: bottom first, what is idle last and blank.
static const unsigned char stacked[] = {TIMELINE_WORKS,      TIMELINE_READY_GIL,  TIMELINE_READY_LOOP,
                                        TIMELINE_READY_POOL, TIMELINE_READY_CORE, TIMELINE_QUEUED,
                                        TIMELINE_BLOCKED,    TIMELINE_WAITS_LOCK, TIMELINE_WAITS};

// Narrower than this between two ticks, their texts would touch.
#define TICK_COLUMNS 14

uint64_t timeline_column_ns(const struct timeline_axis *axis, size_t column)
{
    // Not by a product of integers, which may overflow: a length is at most some days, and a double exact enough.
    double share = (double)column / (double)axis->columns;

    return column >= axis->columns ? axis->end_ns
                                   : axis->begin_ns + (uint64_t)(share * (double)(axis->end_ns - axis->begin_ns));
}

const char *timeline_glyph(const struct report_style *style, unsigned state)
{
    static const char *const glyphs[] = {" ", "█", "─", "═", "┄", "▒", "░", "▚", "·", "∙", "▏"};
    static const char *const ascii[] = {" ", "#", "-", "=", "_", "g", "r", "p", "c", ":", "|"};

    return style->utf8 ? glyphs[state] : ascii[state];
}

const char *timeline_color(unsigned state)
{
    static const char *const colors[] = {"",           COLOR_GREEN,   COLOR_BLUE,    COLOR_BLUE, COLOR_CYAN, COLOR_RED,
                                         COLOR_YELLOW, COLOR_MAGENTA, COLOR_MAGENTA, COLOR_RED,  COLOR_GREEN};

    return colors[state];
}

// What a column shows: what it is most of, but work is always seen.
static unsigned shown(const uint64_t sums_ns[TIMELINE_STATES])
{
    uint64_t whole_ns = 0;
    unsigned most = TIMELINE_IDLE;

    for (unsigned state = 0; state < TIMELINE_STATES; state++) {
        whole_ns += sums_ns[state];
        most = sums_ns[state] > sums_ns[most] ? state : most;
    }
    if (sums_ns[TIMELINE_WORKS] == 0)
        return most;
    return 2 * sums_ns[TIMELINE_WORKS] >= whole_ns ? TIMELINE_WORKS : TIMELINE_STATES;
}

// A line of states, each stretch of one colour begun and ended once; nothing for blanks at the end.
void timeline_write_states(FILE *out, const struct report_style *style, const unsigned char *states, size_t n)
{
    const char *color = "";

    while (n > 0 && states[n - 1] == TIMELINE_IDLE)
        n--;
    for (size_t i = 0; i < n; i++) {
        const char *own = timeline_color(states[i]);

        if (strcmp(own, color) != 0) {
            color_end(out, style, color);
            color_start(out, style, own);
            color = own;
        }
        fputs(timeline_glyph(style, states[i]), out);
    }
    color_end(out, style, color);
}

void timeline_row_states(const struct timeline *timeline, const struct timeline_row *row,
                         const struct timeline_axis *axis, unsigned char *ret_states)
{
    for (size_t c = 0; c < axis->columns; c++) {
        uint64_t sums_ns[TIMELINE_STATES] = {0};

        timeline_within(timeline, row, timeline_column_ns(axis, c), timeline_column_ns(axis, c + 1), sums_ns);
        ret_states[c] = (unsigned char)shown(sums_ns);
    }
}

// The states of one column, from the bottom up.
static void stack_column(const struct timeline *timeline, uint64_t begin_ns, uint64_t end_ns,
                         unsigned char states[TIMELINE_DENSITY_LINES])
{
    uint64_t sums_ns[TIMELINE_STATES] = {0};
    double whole_ns = (double)(end_ns - begin_ns) * (double)timeline->row_count, below_ns = 0;
    unsigned line = 0;

    for (size_t r = 0; r < timeline->row_count; r++)
        timeline_within(timeline, &timeline->rows[r], begin_ns, end_ns, sums_ns);
    for (size_t i = 0; i < sizeof stacked; i++) {
        below_ns += (double)sums_ns[stacked[i]];
        while (line < TIMELINE_DENSITY_LINES && (line + 0.5) / TIMELINE_DENSITY_LINES * whole_ns < below_ns)
            states[line++] = stacked[i];
    }
    if (sums_ns[TIMELINE_WORKS] > 0 && states[0] != TIMELINE_WORKS)
        states[0] = TIMELINE_STATES;
}

void timeline_density_states(const struct timeline *timeline, const struct timeline_axis *axis,
                             unsigned char (*ret_states)[TIMELINE_DENSITY_LINES])
{
    for (size_t c = 0; c < axis->columns; c++)
        stack_column(timeline, timeline_column_ns(axis, c), timeline_column_ns(axis, c + 1), ret_states[c]);
}

int timeline_draw_density(FILE *out, const struct report_style *style, const struct timeline *timeline,
                          const struct timeline_axis *axis, const char *label, size_t indent)
{
    unsigned char(*columns)[TIMELINE_DENSITY_LINES] = calloc(axis->columns + 1, sizeof *columns);
    unsigned char *line = calloc(axis->columns + 1, 1);
    bool able = columns != NULL && line != NULL;

    if (able)
        timeline_density_states(timeline, axis, columns);
    for (unsigned below = TIMELINE_DENSITY_LINES; able && below-- > 0;) {
        for (size_t c = 0; c < axis->columns; c++)
            line[c] = columns[c][below];
        text_aligned(out, below + 1 == TIMELINE_DENSITY_LINES ? label : "", indent, true);
        timeline_write_states(out, style, line, axis->columns);
        fputc('\n', out);
    }
    free(columns);
    free(line);
    return able ? 0 : -ENOMEM;
}

// 1, 2 or 5 times a power of ten, so that ticks are at least that far apart.
static uint64_t tick_distance(double least_ns)
{
    uint64_t ten = 1;

    while ((double)ten * 10 <= least_ns)
        ten *= 10;
    return (double)ten >= least_ns         ? ten
           : (double)(2 * ten) >= least_ns ? 2 * ten
           : (double)(5 * ten) >= least_ns ? 5 * ten
                                           : 10 * ten;
}

void timeline_draw_axis(FILE *out, const struct report_style *style, const struct timeline_axis *axis, size_t indent)
{
    double per_column = (double)(axis->end_ns - axis->begin_ns) / (double)axis->columns;
    uint64_t distance = tick_distance(per_column * TICK_COLUMNS), at_ns;
    size_t column = 0;
    const struct svg_scale scale = {.unit = METRIC_NS};
    char text[SVG_TICK_TEXT], *clean;

    text_spaces(out, indent);
    for (at_ns = (axis->begin_ns + distance - 1) / distance * distance; at_ns < axis->end_ns; at_ns += distance) {
        size_t at = (size_t)((double)(at_ns - axis->begin_ns) / per_column);

        svg_scale_label(&scale, (double)at_ns, text);
        clean = at >= column && at + strlen(text) < axis->columns ? text_clean(text, style->utf8) : NULL;
        if (clean == NULL)
            continue;
        text_spaces(out, at - column);
        fprintf(out, "%s%s", style->utf8 ? "╷" : "'", clean);
        column = at + 1 + text_width(clean);
        free(clean);
    }
    fputc('\n', out);
}

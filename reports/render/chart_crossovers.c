// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "reports/findings/crossovers.h"
#include "reports/findings/verdicts.h"
#include "reports/render/chart_lines.h"
#include "reports/render/svg.h"

#define MOST 9
#define NUMBERS_APART 16.0

struct crossings {
    const struct chart_lines *lines;
    const struct verdicts *verdicts;
    unsigned n;
    double taken; // x of the last number
    double below; // y of the next line of the list
};

// Where the lines of two models cross between two points, as they are drawn: in the middle where they do not.
static double crossing_x(const struct chart_lines *lines, size_t a, size_t b, size_t from, size_t to)
{
    double x1 = chart_lines_x(lines, from), x2 = chart_lines_x(lines, to);
    double before = chart_lines_y(lines, a, from) - chart_lines_y(lines, b, from);
    double after = chart_lines_y(lines, a, to) - chart_lines_y(lines, b, to);
    double part = before / (before - after);

    return x1 + (part > 0 && part < 1 ? part : 0.5) * (x2 - x1);
}

static int draw_one(struct crossings *all, size_t winner, size_t loser, uint64_t losers, size_t from, size_t to)
{
    const struct chart_lines *lines = all->lines;
    double x = crossing_x(lines, winner, loser, from, to);
    struct text_stream said;
    int err = text_stream_open(&said);
    char number[8];

    if (err != 0)
        return err;
    fprintf(said.out, "%u: ", ++all->n);
    crossovers_say(said.out, all->verdicts, UINT64_C(1) << winner, losers, from, to);
    err = text_stream_close(&said);
    if (err == 0) {
        snprintf(number, sizeof number, "%u", all->n);
        svg_line(lines->svg, x, lines->top - 4, x, lines->y.begin, SVG_INK_TEXT, 1, 2);
        x = fmin(fmax(x, all->taken + NUMBERS_APART), SVG_WIDTH - 4);
        svg_text(lines->svg, x, lines->top - 7, SVG_MIDDLE, SVG_INK_TEXT, number);
        all->taken = x;
        all->below = svg_paragraph(lines->svg, 0, all->below, SVG_WIDTH, said.text);
    }
    free(said.text);
    return err;
}

static int draw_between(struct crossings *all, size_t from, size_t to)
{
    int err = 0;

    for (size_t winner = 0; err == 0 && winner < all->verdicts->models && all->n < MOST; winner++) {
        uint64_t losers = crossovers_overtaken(all->verdicts, winner, from, to);
        size_t loser = 0;

        if (losers == 0)
            continue;
        while (!(losers >> loser & 1))
            loser++;
        err = draw_one(all, winner, loser, losers, from, to);
    }
    return err;
}

int chart_lines_crossovers(const struct chart_lines *lines)
{
    struct verdicts verdicts;
    struct crossings all = {.lines = lines,
                            .verdicts = &verdicts,
                            .taken = -INFINITY,
                            .below = lines->y.begin + SVG_AXIS_HEIGHT + SVG_LINE};
    int err = verdicts_open(lines->view, &verdicts);

    for (size_t to = 1; err == 0 && verdicts.paired && to < lines->view->points; to++)
        for (size_t from = 0; err == 0 && from < to; from++)
            err = draw_between(&all, from, to);
    verdicts_release(&verdicts);
    return err;
}

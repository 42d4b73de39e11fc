// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
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

// Draws the number at x, and the sentence under the same number below. Takes the stream's text.
static int draw_one(struct crossings *all, struct text_stream *said, double x)
{
    const struct chart_lines *lines = all->lines;
    int err = text_stream_close(said);
    char *text = NULL, number[8];

    if (err == 0 && asprintf(&text, "%u: %s", ++all->n, said->text) < 0)
        err = -ENOMEM;
    if (err == 0) {
        snprintf(number, sizeof number, "%u", all->n);
        svg_line(lines->svg, x, lines->top - 4, x, lines->y.begin, SVG_INK_TEXT, 1, 2);
        x = fmin(fmax(x, all->taken + NUMBERS_APART), SVG_WIDTH - 4);
        svg_text(lines->svg, x, lines->top - 7, SVG_MIDDLE, SVG_INK_TEXT, number);
        all->taken = x;
        all->below = svg_paragraph(lines->svg, 0, all->below, SVG_WIDTH, text);
        free(text);
    }
    free(said->text);
    return err;
}

static size_t first_of(uint64_t set)
{
    size_t model = 0;

    while (!(set >> model & 1))
        model++;
    return model;
}

static int draw_between(struct crossings *all, size_t from, size_t to, bool best)
{
    int err = 0;

    for (size_t winner = 0; err == 0 && winner < all->verdicts->models && all->n < MOST; winner++) {
        uint64_t losers = crossovers_overtaken(all->verdicts, winner, from, to, best);
        struct text_stream said;

        if (losers == 0 || (err = text_stream_open(&said)) != 0)
            continue;
        crossovers_say(said.out, all->verdicts, UINT64_C(1) << winner, losers, from, to);
        err = draw_one(all, &said, crossing_x(all->lines, winner, first_of(losers), from, to));
    }
    return err;
}

// Where models begin to be faster than the reference, all of one point together.
static int draw_payoffs(struct crossings *all, size_t point)
{
    const struct verdicts *v = all->verdicts;
    struct text_stream said;
    uint64_t set = 0;
    int err;

    for (size_t model = 0; model < v->models; model++)
        set |= (uint64_t)(v->pays_from[model] == point) << model;
    if (set == 0 || point == 0 || all->n >= MOST)
        return 0;
    err = text_stream_open(&said);
    if (err != 0)
        return err;
    crossovers_say_payoff(said.out, v, point);
    return draw_one(all, &said, crossing_x(all->lines, first_of(set), v->reference, point - 1, point));
}

// In the order of the axis; those that do not change the fastest only where nothing else does.
static int draw_all(struct crossings *all, bool best)
{
    int err = 0;

    for (size_t to = 1; err == 0 && to < all->lines->view->points; to++) {
        if (best)
            err = draw_payoffs(all, to);
        for (size_t from = 0; err == 0 && from < to; from++)
            err = draw_between(all, from, to, best);
    }
    return err;
}

// Where the sweep's sentences tell that already, it stands above.
static bool is_said(const struct sweep_view *view)
{
    const cJSON *sweep, *said;

    cJSON_ArrayForEach(sweep, field(view->document, "sweeps")) {
        cJSON_ArrayForEach(said, field(sweep, "findings")) {
            if (field_number(sweep, "group") == view->group && strstr(said->valuestring, "overtake") != NULL)
                return true;
        }
    }
    return false;
}

static void draw_none(struct crossings *all)
{
    if (!is_said(all->lines->view))
        all->below = svg_paragraph(all->lines->svg, 0, all->below, SVG_WIDTH,
                                   all->verdicts->compared
                                       ? "No model is shown to overtake another; that does not say that none does."
                                       : "With fewer than 6 rounds it cannot be told whether one overtakes another.");
}

int chart_lines_crossovers(const struct chart_lines *lines)
{
    struct verdicts verdicts;
    struct crossings all = {.lines = lines,
                            .verdicts = &verdicts,
                            .taken = -INFINITY,
                            .below = lines->y.begin + SVG_AXIS_HEIGHT + SVG_LINE};
    int err = verdicts_open(lines->view, &verdicts);

    if (err == 0 && verdicts.paired)
        err = draw_all(&all, true);
    if (err == 0 && verdicts.paired && all.n == 0)
        err = draw_all(&all, false);
    if (err == 0 && verdicts.paired && all.n == 0)
        draw_none(&all);
    verdicts_release(&verdicts);
    return err;
}

// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/families.h"
#include "reports/findings/figures.h"
#include "reports/findings/yardstick.h"
#include "reports/render/chart.h"
#include "reports/render/chart_rows.h"

#define BAR 3.0 // px wide, of an interval

// A cell's statistic of what the first is ranked by; NULL where it is ranked by something else, as one that does not keep up.
static const cJSON *statistic(const struct chart_rows *rows, size_t row)
{
    enum yardstick first = yardstick_of(rows->block, rows->cells[0]);
    enum yardstick its = yardstick_of(rows->block, rows->cells[row]);

    return its == first ? yardstick_statistic(its, rows->cells[row]) : NULL;
}

// NAN in an open loop, which has none.
static double ideal_of(const struct chart_rows *rows, size_t row)
{
    return block_open_loop(rows->block) ? NAN : field_number(family_ideal(rows->block, rows->cells[row]), "ideal_ns");
}

static double low_of(const cJSON *s)
{
    return fmin(field_number(s, "median"), field_number(s, "low"));
}

static double high_of(const cJSON *s)
{
    return fmax(field_number(s, "median"), field_number(s, "high"));
}

static struct svg_scale scale_of(const struct chart_rows *rows)
{
    bool rate = yardstick_of(rows->block, rows->cells[0]) == YARDSTICK_RATE;
    double least = NAN, most = NAN;

    for (size_t i = 0; i < rows->ok; i++) {
        double ideal = ideal_of(rows, i);

        least = fmin(fmin(least, low_of(statistic(rows, i))), ideal > 0 ? ideal : NAN);
        most = fmax(fmax(most, high_of(statistic(rows, i))), ideal);
    }
    return svg_scale_for(isnan(least) ? 0 : least, isnan(most) ? 1 : most, rate ? METRIC_PER_S : METRIC_NS, rows->left,
                         rows->right);
}

// "9.62 ms [9.5 … 9.8]", and what one that does not keep up reached.
static void say_figure(FILE *out, const struct chart_rows *rows, size_t row)
{
    const cJSON *s = statistic(rows, row);

    if (s != NULL && yardstick_of(rows->block, rows->cells[row]) != YARDSTICK_RATE) {
        write_duration(out, field_number(s, "median"));
        return;
    }
    fputs("reaches ", out);
    write_per_second(out, field_number(yardstick_statistic(YARDSTICK_RATE, rows->cells[row]), "median"));
}

static void say_mark(FILE *out, const struct chart_rows *rows, size_t row)
{
    const cJSON *s = statistic(rows, row);

    fprintf(out, "%s: ", field_text(rows->cells[row], "model"));
    say_figure(out, rows, row);
    if (s != NULL && !isnan(field_number(s, "low"))) {
        enum metric_unit unit = yardstick_of(rows->block, rows->cells[row]) == YARDSTICK_RATE ? METRIC_PER_S
                                                                                              : METRIC_NS;

        fputs(", 95 % interval ", out);
        write_figure(out, unit, field_number(s, "low"));
        fputs(" to ", out);
        write_figure(out, unit, field_number(s, "high"));
    }
}

static void draw_dot(struct chart_rows *rows, const struct svg_scale *scale, size_t row)
{
    const cJSON *s = statistic(rows, row);
    int series = chart_series(rows->block, rows->cells[row]);
    double y = chart_row_y(rows, row), ideal = ideal_of(rows, row);

    if (!isnan(ideal)) {
        double x = svg_scale_at(scale, ideal);

        svg_line(rows->svg, x, y - CHART_ROW / 2, x, y + CHART_ROW / 2, SVG_INK_TEXT, 1.2, 3);
    }
    if (s == NULL)
        return;
    if (!isnan(field_number(s, "low")))
        svg_line(rows->svg, svg_scale_at(scale, low_of(s)), y, svg_scale_at(scale, high_of(s)), y, series, BAR, 0);
    svg_mark(rows->svg, svg_scale_at(scale, field_number(s, "median")), y, series);
}

static int draw_row(struct chart_rows *rows, const struct svg_scale *scale, size_t row)
{
    struct text_stream mark = {.out = NULL}, figure = {.out = NULL};
    int err = text_stream_open(&mark);

    if (err == 0) {
        say_mark(mark.out, rows, row);
        err = text_stream_close(&mark);
    }
    if (err == 0)
        err = text_stream_open(&figure);
    if (err == 0) {
        say_figure(figure.out, rows, row);
        err = text_stream_close(&figure);
    }
    if (err == 0) {
        svg_group_begin(rows->svg, mark.text);
        draw_dot(rows, scale, row);
        svg_group_end(rows->svg);
        chart_row_figure(rows, row, figure.text);
    }
    free(mark.text);
    free(figure.text);
    return err;
}

static const char *axis_name(const struct chart_rows *rows)
{
    switch (yardstick_of(rows->block, rows->cells[0])) {
    case YARDSTICK_P99:
        return "p99 of the latency";
    case YARDSTICK_SLOWEST:
        return "the slowest task's latency";
    case YARDSTICK_RATE:
        return "rate reached";
    default:
        return "time for all tasks";
    }
}

static bool has_ideal(const struct chart_rows *rows)
{
    for (size_t i = 0; i < rows->ok; i++)
        if (!isnan(ideal_of(rows, i)))
            return true;
    return false;
}

static bool has_intervals(const struct chart_rows *rows)
{
    for (size_t i = 0; i < rows->ok; i++)
        if (!isnan(field_number(statistic(rows, i), "low")))
            return true;
    return false;
}

static const char *title_of(const struct chart_rows *rows)
{
    if (has_intervals(rows) || rows->ok == 0)
        return "Ranking (= where no difference is shown)";
    return "By the median; with fewer than 6 rounds the order may be chance";
}

static void say_legend(const struct chart_rows *rows, char text[160])
{
    snprintf(text, 160, "mark: median of the rounds%s%s",
             has_intervals(rows) ? "; bar: its 95 % interval" : ", of which there are too few for an interval",
             has_ideal(rows) ? "; dashed: the ideal" : "");
}

int chart_ranking(struct svg *svg, const cJSON *document, const cJSON *block)
{
    struct chart_rows rows;
    struct svg_scale scale;
    char legend[160];
    int err = chart_rows_open(&rows, svg, document, block, true);

    if (err == 0 && rows.n > 0) {
        say_legend(&rows, legend);
        chart_rows_head(&rows, title_of(&rows), legend, rows.ok);
        if (rows.ok > 0)
            scale = scale_of(&rows);
        for (size_t i = 0; err == 0 && i < rows.ok; i++)
            err = draw_row(&rows, &scale, i);
        chart_rows_excuses(&rows);
        if (rows.ok > 0)
            svg_scale_draw(svg, &scale, chart_rows_end(&rows, rows.n), rows.first - CHART_ROW / 2, axis_name(&rows));
    }
    chart_rows_close(&rows);
    return err;
}

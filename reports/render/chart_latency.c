// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/document/histogram.h"
#include "reports/document/metrics.h"
#include "reports/findings/figures.h"
#include "reports/render/chart.h"
#include "reports/render/chart_rows.h"

// Of the axis, each as high as how many tasks are in it.
#define BINS ((size_t)64)
#define SWING 9.0

static double of(const struct chart_rows *rows, size_t row, enum metric_id id)
{
    return metric_of_cell(&metric_table[id], rows->cells[row]);
}

static void say_row(FILE *out, const struct chart_rows *rows, size_t row)
{
    double p99 = of(rows, row, METRIC_latency_p99_ns);

    fprintf(out, "%s: p50 ", field_text(rows->cells[row], "model"));
    write_duration(out, of(rows, row, METRIC_latency_p50_ns));
    if (!isnan(p99)) {
        fputs(", p99 ", out);
        write_duration(out, p99);
    }
    fputs(", slowest ", out);
    write_duration(out, of(rows, row, METRIC_latency_max_ns));
}

// How often what occurs, from the middle of the row to both sides.
static void draw_shape(struct chart_rows *rows, const struct svg_scale *scale, size_t row)
{
    double edges[BINS + 1], counts[BINS], points[4 * (BINS + 2)], most = 0, y = chart_row_y(rows, row);
    struct histogram_view view;

    if (!histogram_of(rows->cells[row], HISTOGRAM_LATENCY, &view))
        return;
    for (size_t i = 0; i <= BINS; i++)
        edges[i] = scale->low * pow(scale->high / scale->low, (double)i / (double)BINS);
    histogram_bins(view, edges, BINS, counts);
    for (size_t i = 0; i < BINS; i++)
        most = fmax(most, counts[i]);
    for (size_t i = 0; i < BINS + 2; i++) {
        double at = fmin(fmax((double)i - 0.5, 0), (double)BINS), share = i == 0 || i > BINS ? 0 : counts[i - 1] / most;

        points[2 * i] = points[2 * (2 * (BINS + 2) - 1 - i)] = scale->begin +
                                                               at / (double)BINS * (scale->end - scale->begin);
        points[2 * i + 1] = y - SWING * share;
        points[2 * (2 * (BINS + 2) - 1 - i) + 1] = y + SWING * share;
    }
    svg_shape(rows->svg, points, 2 * (BINS + 2), chart_series(rows->block, rows->cells[row]), 0.35);
}

static void draw_marks(struct chart_rows *rows, const struct svg_scale *scale, size_t row)
{
    int series = chart_series(rows->block, rows->cells[row]);
    double y = chart_row_y(rows, row), p99 = of(rows, row, METRIC_latency_p99_ns);
    double x50 = svg_scale_at(scale, of(rows, row, METRIC_latency_p50_ns));
    double slowest = svg_scale_at(scale, of(rows, row, METRIC_latency_max_ns));

    draw_shape(rows, scale, row);
    svg_line(rows->svg, x50, y, slowest, y, series, 1.2, 0);
    if (!isnan(p99))
        svg_line(rows->svg, svg_scale_at(scale, p99), y - 6, svg_scale_at(scale, p99), y + 6, series, 2.4, 0);
    svg_line(rows->svg, slowest, y - 3, slowest, y + 3, series, 1.2, 0);
    svg_mark(rows->svg, x50, y, series);
}

static int draw_row(struct chart_rows *rows, const struct svg_scale *scale, size_t row)
{
    struct text_stream said;
    int err = text_stream_open(&said);

    if (err != 0)
        return err;
    say_row(said.out, rows, row);
    err = text_stream_close(&said);
    if (err == 0 && !isnan(of(rows, row, METRIC_latency_p50_ns))) {
        svg_group_begin(rows->svg, said.text);
        draw_marks(rows, scale, row);
        svg_group_end(rows->svg);
    }
    free(said.text);
    return err;
}

static int draw_figure(struct chart_rows *rows, size_t row)
{
    struct text_stream figure;
    int err = text_stream_open(&figure);

    if (err != 0)
        return err;
    write_duration(figure.out, of(rows, row, METRIC_latency_max_ns));
    err = text_stream_close(&figure);
    if (err == 0)
        chart_row_figure(rows, row, figure.text);
    free(figure.text);
    return err;
}

static void survey(const struct chart_rows *rows, size_t row, double *least, double *most)
{
    struct histogram_view view;

    *least = fmin(*least, of(rows, row, METRIC_latency_p50_ns));
    *most = fmax(*most, of(rows, row, METRIC_latency_max_ns));
    if (histogram_of(rows->cells[row], HISTOGRAM_LATENCY, &view)) {
        *least = fmin(*least, (double)view.min_ns);
        *most = fmax(*most, (double)view.max_ns);
    }
}

int chart_latency(struct svg *svg, const cJSON *document, const cJSON *block)
{
    struct chart_rows rows;
    double least = NAN, most = NAN;
    int err = chart_rows_open(&rows, svg, document, block, false);

    for (size_t i = 0; err == 0 && i < rows.ok; i++)
        survey(&rows, i, &least, &most);
    if (err == 0 && most > 0) {
        struct svg_scale scale = svg_scale_log(fmax(least, 1), fmax(most, 1), METRIC_NS, rows.left, rows.right);

        chart_rows_head(
            &rows, "What a task takes",
            "mark: half of the tasks take less (p50); tall line: 99 of 100 do (p99); end of the line, and figure: "
            "the slowest; medians of the rounds. Shape: all tasks of all rounds.",
            rows.ok);
        for (size_t i = 0; err == 0 && i < rows.ok; i++) {
            err = draw_row(&rows, &scale, i);
            if (err == 0)
                err = draw_figure(&rows, i);
        }
        svg_scale_draw(svg, &scale, chart_rows_end(&rows, rows.ok), rows.first - CHART_ROW / 2,
                       "latency, from a task's arrival to its end");
    }
    chart_rows_close(&rows);
    return err;
}

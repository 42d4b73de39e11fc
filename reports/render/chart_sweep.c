// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/document/metrics.h"
#include "reports/findings/figures.h"
#include "reports/findings/judge.h"
#include "reports/findings/yardstick.h"
#include "reports/render/chart.h"
#include "reports/render/chart_lines.h"
#include "reports/render/chart_rows.h"
#include "reports/render/svg.h"

#define LEFT 70.0
#define PLOT_HEIGHT 210.0
#define LABELS_APART 10.0
#define ENTRY_GAP 16.0
#define ENTRY_MARK 34.0

// The statistic of a model at a point: by the metric, or what models are ranked by where tasks arrive at times of their own.
static const cJSON *statistic(const struct chart_lines *lines, size_t model, size_t point)
{
    const cJSON *cell = sweep_cell(lines->view, model, point), *block = lines->view->blocks[point];
    enum yardstick yardstick;

    if (cell == NULL || !cell_ok(cell))
        return NULL;
    if (lines->metric != NULL)
        return metric_statistic(lines->metric, field(cell, "summary"));
    yardstick = sweep_axis_is(lines->view, "rate") ? yardstick_of_latency(block) : yardstick_of(block, cell);
    return yardstick == YARDSTICK_RATE ? NULL : yardstick_statistic(yardstick, cell);
}

double chart_lines_figure(const struct chart_lines *lines, size_t model, size_t point)
{
    const cJSON *cell = sweep_cell(lines->view, model, point);

    if (lines->metric != NULL && lines->metric->from_memory)
        return cell != NULL && cell_ok(cell) ? metric_of_cell(lines->metric, cell) : NAN;
    return field_number(statistic(lines, model, point), "median");
}

// Equal steps where the values are no numbers, as of CPUs.
static bool is_numeric(const struct sweep_view *view)
{
    for (size_t point = 0; point < view->points; point++)
        if (isnan(field_number(view->blocks[point], "sweep.value")))
            return false;
    return true;
}

static double value_at(const struct sweep_view *view, size_t point)
{
    return is_numeric(view) ? field_number(view->blocks[point], "sweep.value") : (double)point + 1;
}

static int series_at(const struct chart_lines *lines, size_t model)
{
    return chart_series(lines->view->blocks[0], sweep_cell(lines->view, model, 0));
}

// From the first value to the last, by logarithms where they span a decade, with some room for marks.
static struct svg_scale values_scale(const struct sweep_view *view)
{
    double low = value_at(view, 0), high = low;
    struct svg_scale scale = {.unit = METRIC_COUNT, .begin = LEFT + 8, .end = SVG_WIDTH - 12};

    for (size_t point = 0; point < view->points; point++) {
        low = fmin(low, value_at(view, point));
        high = fmax(high, value_at(view, point));
    }
    scale.log = low > 0 && high / low >= 8;
    scale.low = low;
    scale.high = high > low ? high : low + 1;
    return scale;
}

static struct svg_scale figures_scale(const struct chart_lines *lines)
{
    double least = NAN, most = NAN;

    for (size_t model = 0; model < lines->view->models; model++) {
        for (size_t point = 0; point < lines->view->points; point++) {
            const cJSON *s = statistic(lines, model, point);

            least = fmin(least, fmin(chart_lines_figure(lines, model, point), field_number(s, "low")));
            most = fmax(most, fmax(chart_lines_figure(lines, model, point), field_number(s, "high")));
        }
    }
    if (isnan(least))
        return (struct svg_scale){.low = NAN};
    if (lines->metric == NULL && sweep_axis_is(lines->view, "rate"))
        return svg_scale_log(least, most, METRIC_NS, lines->top + PLOT_HEIGHT, lines->top);
    return svg_scale_for(least, most, lines->metric != NULL ? lines->metric->unit : METRIC_NS, lines->top + PLOT_HEIGHT,
                         lines->top);
}

// Whether at some point, of a model that is drawn, `holds`.
static bool some_point(const struct chart_lines *lines,
                       bool (*holds)(const struct chart_lines *lines, size_t model, size_t point))
{
    for (size_t model = 0; model < lines->view->models; model++)
        for (size_t point = 0; point < lines->view->points; point++)
            if (!isnan(chart_lines_figure(lines, model, point)) && holds(lines, model, point))
                return true;
    return false;
}

// Memory is read in a trial of its own.
static bool is_short(const struct chart_lines *lines, size_t model, size_t point)
{
    return !(lines->metric != NULL && lines->metric->from_memory) &&
           judge_short_of_lanes(lines->view->blocks[point], sweep_cell(lines->view, model, point));
}

static bool has_statistic(const struct chart_lines *lines, size_t model, size_t point)
{
    return statistic(lines, model, point) != NULL;
}

static bool has_interval(const struct chart_lines *lines, size_t model, size_t point)
{
    return !isnan(field_number(statistic(lines, model, point), "low"));
}

// What is drawn beside lines and marks. Returns where the next line would be.
static double draw_key(const struct chart_lines *lines, double y)
{
    const char *band = some_point(lines, has_interval)    ? "shading: 95 % interval of the median"
                       : some_point(lines, has_statistic) ? "no intervals: fewer than 6 rounds"
                                                          : "";
    bool rings = some_point(lines, is_short);
    char text[120];

    snprintf(text, sizeof text, "%s%s%s", band, rings && band[0] != '\0' ? "; " : "",
             rings ? "ring: fewer tasks in flight than were asked for" : "");
    return svg_paragraph(lines->svg, 0, y, SVG_WIDTH, text);
}

static void draw_figures_axis(const struct chart_lines *lines)
{
    double ticks[SVG_TICKS];
    size_t n = svg_scale_ticks(&lines->y, 8, ticks);
    char label[SVG_TICK_TEXT];

    svg_text_within(lines->svg, 0, lines->top - 7, SVG_START, SVG_INK_FAINT, svg_scale_in_words(&lines->y), LEFT - 4);
    svg_line(lines->svg, LEFT, lines->top, LEFT, lines->top + PLOT_HEIGHT, SVG_INK_TEXT, 1, 0);
    for (size_t i = 0; i < n; i++) {
        double y = svg_scale_at(&lines->y, ticks[i]);

        svg_line(lines->svg, LEFT, y, SVG_WIDTH, y, SVG_INK_FAINT, 0.5, 0);
        svg_text_within(lines->svg, LEFT - 6, y + 4, SVG_END, SVG_INK_TEXT, svg_scale_label(&lines->y, ticks[i], label),
                        LEFT - 6);
    }
}

static void draw_values_axis(const struct chart_lines *lines, const char *name)
{
    double y = lines->top + PLOT_HEIGHT, taken = -INFINITY;

    svg_line(lines->svg, LEFT, y, SVG_WIDTH, y, SVG_INK_TEXT, 1, 0);
    for (size_t point = 0; point < lines->view->points; point++) {
        double x = chart_lines_x(lines, point), half = svg_text_width(sweep_label(lines->view, point)) / 2;

        svg_line(lines->svg, x, y, x, y + 4, SVG_INK_TEXT, 1, 0);
        if (x - half < taken + LABELS_APART || x + half > SVG_WIDTH + 12)
            continue;
        svg_text(lines->svg, fmin(x, SVG_WIDTH - half), y + 4 + SVG_FONT, SVG_MIDDLE, SVG_INK_TEXT,
                 sweep_label(lines->view, point));
        taken = x + half;
    }
    svg_text_within(lines->svg, (LEFT + SVG_WIDTH) / 2, y + 4 + SVG_FONT + SVG_LINE, SVG_MIDDLE, SVG_INK_FAINT, name,
                    SVG_WIDTH - LEFT);
}

double chart_lines_x(const struct chart_lines *lines, size_t point)
{
    return svg_scale_at(&lines->x, value_at(lines->view, point));
}

double chart_lines_y(const struct chart_lines *lines, size_t model, size_t point)
{
    return svg_scale_at(&lines->y, chart_lines_figure(lines, model, point));
}

// Of a run of figures without a gap the band around it, there and back along its intervals.
static void draw_band(const struct chart_lines *lines, size_t model, size_t from, size_t to, double *points)
{
    size_t n = to - from;
    bool band = true;

    for (size_t i = 0; i < n; i++) {
        const cJSON *s = statistic(lines, model, from + i);
        double low = field_number(s, "low"), high = field_number(s, "high");

        band &= !isnan(low) && !isnan(high);
        points[2 * i] = points[2 * (2 * n - 1 - i)] = chart_lines_x(lines, from + i);
        points[2 * i + 1] = svg_scale_at(&lines->y, low);
        points[2 * (2 * n - 1 - i) + 1] = svg_scale_at(&lines->y, high);
    }
    if (band && n > 1)
        svg_shape(lines->svg, points, 2 * n, series_at(lines, model), 0.15);
}

static void draw_line(const struct chart_lines *lines, size_t model, size_t from, size_t to, double *points)
{
    for (size_t i = 0; i < to - from; i++) {
        points[2 * i] = chart_lines_x(lines, from + i);
        points[2 * i + 1] = chart_lines_y(lines, model, from + i);
    }
    svg_shape(lines->svg, points, to - from, series_at(lines, model), 0);
}

static void draw_marks(const struct chart_lines *lines, size_t model)
{
    bool named = lines->view->models * lines->view->points <= lines->svg->most_titles;

    for (size_t point = 0; point < lines->view->points; point++) {
        double figure = chart_lines_figure(lines, model, point);
        char label[SVG_TICK_TEXT], text[200];

        if (isnan(figure))
            continue;
        snprintf(text, sizeof text, "%.60s at %.60s: %s", sweep_model(lines->view, model),
                 sweep_label(lines->view, point), svg_scale_label(&lines->y, figure, label));
        if (named)
            svg_group_begin(lines->svg, text);
        svg_mark(lines->svg, chart_lines_x(lines, point), chart_lines_y(lines, model, point), series_at(lines, model));
        if (is_short(lines, model, point))
            svg_ring(lines->svg, chart_lines_x(lines, point), chart_lines_y(lines, model, point));
        if (named)
            svg_group_end(lines->svg);
    }
}

typedef void run_drawer(const struct chart_lines *lines, size_t model, size_t from, size_t to, double *points);

static void draw_runs(const struct chart_lines *lines, size_t model, run_drawer *draw, double *points)
{
    size_t from = 0;

    while (from < lines->view->points) {
        size_t to = from;

        while (to < lines->view->points && !isnan(chart_lines_figure(lines, model, to)))
            to++;
        if (to > from)
            draw(lines, model, from, to, points);
        from = to + 1;
    }
}

// Bands below all lines.
static int draw_models(const struct chart_lines *lines)
{
    double *points = calloc(4 * lines->view->points, sizeof *points);

    if (points == NULL)
        return -ENOMEM;
    for (size_t model = 0; model < lines->view->models; model++)
        draw_runs(lines, model, draw_band, points);
    for (size_t model = 0; model < lines->view->models; model++) {
        svg_group_begin(lines->svg, sweep_model(lines->view, model));
        draw_runs(lines, model, draw_line, points);
        draw_marks(lines, model);
        svg_group_end(lines->svg);
    }
    free(points);
    return 0;
}

static bool is_drawn(const struct chart_lines *lines, size_t model)
{
    for (size_t point = 0; point < lines->view->points; point++)
        if (!isnan(chart_lines_figure(lines, model, point)))
            return true;
    return false;
}

static double draw_legend(const struct chart_lines *lines, double y)
{
    double x = 0;

    for (size_t model = 0; model < lines->view->models; model++) {
        const char *name = sweep_model(lines->view, model);
        double width = fmin(svg_text_width(name), 240), points[] = {0, y - 4, ENTRY_MARK - 6, y - 4};

        if (!is_drawn(lines, model))
            continue;
        if (x > 0 && x + ENTRY_MARK + width > SVG_WIDTH) {
            x = 0;
            y += SVG_LINE;
        }
        points[0] += x;
        points[1] = points[3] = y - 4;
        points[2] += x;
        svg_shape(lines->svg, points, 2, series_at(lines, model), 0);
        svg_mark(lines->svg, x + (ENTRY_MARK - 6) / 2, y - 4, series_at(lines, model));
        svg_text_within(lines->svg, x + ENTRY_MARK, y, SVG_START, SVG_INK_TEXT, name, width);
        x += ENTRY_MARK + width + ENTRY_GAP;
    }
    return y;
}

static const char *axis_in_words(const struct sweep_view *view)
{
    return sweep_axis_is(view, "rate")          ? "arriving"
           : sweep_axis_is(view, "concurrency") ? "in flight"
           : sweep_axis_is(view, "cpus")        ? "CPUs"
           : sweep_axis_is(view, "tasks")       ? "tasks"
                                                : "argument of the workload";
}

static int draw_lines(struct chart_lines *lines, const char *title)
{
    char name[48];

    svg_heading(lines->svg, title);
    lines->top = draw_key(lines, draw_legend(lines, 2 * SVG_LINE + SVG_FONT - 8) + SVG_LINE) + CHART_LINES_STRIP;
    lines->x = values_scale(lines->view);
    lines->y = figures_scale(lines);
    draw_figures_axis(lines);
    snprintf(name, sizeof name, "%s%s", axis_in_words(lines->view), lines->x.log ? ", log scale" : "");
    draw_values_axis(lines, name);
    svg_reserve(lines->svg, lines->top + PLOT_HEIGHT + SVG_AXIS_HEIGHT);
    return draw_models(lines);
}

static bool has_any(const struct chart_lines *lines)
{
    for (size_t model = 0; model < lines->view->models; model++)
        if (is_drawn(lines, model))
            return true;
    return false;
}

static int draw_costs(struct svg *svg, const struct sweep_view *view, enum metric_id id, const char *title)
{
    struct chart_lines lines = {.svg = svg, .view = view, .metric = &metric_table[id]};

    if (!has_any(&lines))
        return 0;
    svg_go_below(svg, SVG_LINE);
    return draw_lines(&lines, title);
}

// By what models are ranked, over rates also of those that do not keep up.
static const char *title_of(const struct sweep_view *view)
{
    if (!block_open_loop(view->blocks[0]))
        return "Tasks per second";
    return sweep_axis_is(view, "rate") ? "Latency (p99, or of few tasks the slowest)"
                                       : "Latency (p99, or of few tasks the slowest), of those that keep up";
}

int chart_sweep(struct svg *svg, const struct sweep_view *view)
{
    bool open_loop = view->points > 0 && block_open_loop(view->blocks[0]);
    struct chart_lines lines = {
        .svg = svg, .view = view, .metric = open_loop ? NULL : &metric_table[METRIC_throughput_per_s]};
    int err = 0;

    if (has_any(&lines))
        err = draw_lines(&lines, title_of(view));
    if (err == 0 && has_any(&lines))
        err = chart_lines_crossovers(&lines);
    if (err == 0 && sweep_axis_is(view, "rate"))
        err = draw_costs(svg, view, METRIC_latency_p50_ns, "Latency (p50)");
    if (err == 0 && sweep_axis_is(view, "rate"))
        err = draw_costs(svg, view, METRIC_reached_per_s, "Rate reached");
    if (err == 0)
        err = draw_costs(svg, view, METRIC_cpu_per_task_ns, "CPU time per task");
    return err == 0 ? draw_costs(svg, view, METRIC_memory_per_lane_bytes, "Memory per task in flight") : err;
}

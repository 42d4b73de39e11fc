// SPDX-License-Identifier: MIT
#include "reports/render/table_sweep.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "measure/base/utf8.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/document/metrics.h"
#include "reports/document/sweep_view.h"
#include "reports/findings/figures.h"
#include "reports/findings/judge.h"
#include "reports/findings/ranking.h"
#include "reports/findings/wording.h"
#include "reports/render/grid.h"
#include "reports/render/paragraph.h"
#include "reports/render/sweep_excuses.h"
#include "reports/render/sweep_experiment.h"

static int write_title(FILE *out, const struct sweep_view *view, const struct report_style *style)
{
    struct text_stream name, text = {.out = NULL};
    int err = text_stream_open(&name);

    if (err == 0) {
        sweep_write_workload(name.out, view);
        err = text_stream_close(&name);
    }
    if (err == 0)
        err = text_stream_open(&text);
    if (err == 0) {
        sweep_say_experiment(text.out, view);
        err = text_stream_close(&text);
    }
    if (err == 0)
        err = paragraph_titled(out, style, name.text, text.text);
    free(name.text);
    free(text.text);
    return err;
}

static const char *axis_in_words(const struct sweep_view *view, char name[32])
{
    if (sweep_axis_is(view, "concurrency"))
        return "in flight";
    if (sweep_axis_is(view, "rate"))
        return "arriving";
    if (!sweep_axis_is(view, "argument"))
        return sweep_axis_is(view, "cpus") ? "CPUs" : "tasks";
    snprintf(name, 32, "%.*s", (int)strcspn(field_text(view->blocks[0], "workload"), ":"),
             field_text(view->blocks[0], "workload"));
    return name;
}

#define RANKED_BY_TIME "tasks/s; * fastest, or no difference from it shown; ! noisy"
#define RANKED_BY_LATENCY                                                                                                   \
    "p99 of the latency (of fewer than 299 tasks, the slowest), or of a model that does not keep up, the rate it reached; " \
    "* lowest, or no difference from it shown"

#define AT_RATES \
    "p99 of the latency (of fewer than 299 tasks, the slowest); * lowest, or no difference from it shown; ! does not keep up"

// One of a sweep's grids.
struct figures {
    const struct metric *metric; // NULL: what models are ranked by where tasks arrive at times of their own
    const char *title;           // NULL: by its metric
    bool latency;                // instead of that, of those that do not keep up too
    bool ranks;                  // its best ones are marked
    bool slope;                  // has a column for what one more task takes
};

static bool is_shown(const struct sweep_view *view, size_t model)
{
    for (size_t point = 0; point < view->points; point++)
        if (sweep_cell(view, model, point) != NULL && cell_ok(sweep_cell(view, model, point)))
            return true;
    return false;
}

static const cJSON *entry_of(const cJSON *document, double group)
{
    const cJSON *sweep;

    cJSON_ArrayForEach(sweep, field(document, "sweeps")) {
        if (field_number(sweep, "group") == group)
            return sweep;
    }
    return NULL;
}

static double slope_of(const struct sweep_view *view, size_t model)
{
    const cJSON *models = field(entry_of(view->document, view->group), "models");

    return field_number(cJSON_GetArrayItem(models, (int)model), "memory_slope_bytes");
}

static bool has_slope(const struct sweep_view *view)
{
    for (size_t model = 0; model < view->models; model++)
        if (!isnan(slope_of(view, model)))
            return true;
    return false;
}

static bool has_figures(const struct sweep_view *view, const struct metric *metric)
{
    for (size_t model = 0; model < view->models; model++)
        for (size_t point = 0; point < view->points; point++)
            if (!isnan(metric_of_cell(metric, sweep_cell(view, model, point))))
                return true;
    return false;
}

static double value_of(const struct figures *figures, const cJSON *block, const cJSON *cell)
{
    if (figures->latency)
        return field_number(yardstick_statistic(yardstick_of_latency(block), cell), "median");
    return figures->metric != NULL ? metric_of_cell(figures->metric, cell) : ranking_figure(block, cell);
}

static void write_value(FILE *out, const struct figures *figures, const cJSON *block, const cJSON *cell)
{
    double value = value_of(figures, block, cell);

    if (isnan(value))
        fputs("n/a", out);
    else if (figures->metric != NULL)
        write_figure(out, figures->metric->unit, value);
    else if (judge_keeps_up(cell) || figures->latency)
        write_duration(out, value);
    else
        write_per_second(out, value);
}

// Ends the stream, and puts its text into a place.
static int set_gathered(struct grid *grid, size_t row, size_t column, struct text_stream *text)
{
    int err = text_stream_close(text);

    if (err == 0)
        err = grid_set(grid, row, column, text->text);
    free(text->text);
    return err;
}

static bool is_doubtful(const struct figures *figures, const cJSON *cell)
{
    return figures->latency ? !judge_keeps_up(cell) : figures->metric != NULL && judge_noisy(cell);
}

// A place without a figure: "-" where the cell has none at all, which is explained below.
static int set_figure(struct grid *grid, const struct figures *figures, size_t row, size_t column, const cJSON *block,
                      const cJSON *cell)
{
    bool ok = cell != NULL && cell_ok(cell), first = ok && figures->ranks && field_number(cell, "summary.rank") == 1;
    struct text_stream figure;
    int err = text_stream_open(&figure);

    if (err != 0)
        return err;
    if (ok)
        write_value(figure.out, figures, block, cell);
    else
        fputc('-', figure.out);
    if (figures->ranks)
        fprintf(figure.out, "%c%c", first ? '*' : ' ', ok && is_doubtful(figures, cell) ? '!' : ' ');
    if (first)
        grid_place(grid, row, column)->color = COLOR_BOLD;
    return set_gathered(grid, row, column, &figure);
}

static int set_slope(struct grid *grid, size_t row, size_t column, double bytes)
{
    struct text_stream figure;
    int err = text_stream_open(&figure);

    if (err != 0)
        return err;
    write_bytes(figure.out, bytes);
    fputs(isnan(bytes) ? "n/a" : "", figure.out);
    return set_gathered(grid, row, column, &figure);
}

static int set_heading(struct grid *grid, const struct sweep_view *view, const struct figures *figures)
{
    char name[32], label[80];
    int err = grid_set(grid, 0, 0, axis_in_words(view, name));

    for (size_t point = 0; err == 0 && point < view->points; point++) {
        // As wide as the figures: those have places for their marks.
        snprintf(label, sizeof label, "%.*s%s", UTF8_CLIPPED(sweep_label(view, point), 70), figures->ranks ? "  " : "");
        err = grid_set(grid, 0, point + 1, label);
    }
    if (err == 0 && figures->slope)
        err = grid_set(grid, 0, view->points + 1, "slope");
    grid->color[0] = ""; // but each of its places
    for (size_t c = 0; c < grid->columns; c++)
        grid_place(grid, 0, c)->color = COLOR_DIM;
    return err;
}

static int fill_grid(struct grid *grid, const struct sweep_view *view, const struct figures *figures)
{
    size_t row = 1;
    int err = set_heading(grid, view, figures);

    for (size_t model = 0; model < view->models; model++) {
        if (!is_shown(view, model))
            continue;
        if (err == 0)
            err = grid_set(grid, row, 0, sweep_model(view, model));
        for (size_t point = 0; err == 0 && point < view->points; point++)
            err = set_figure(grid, figures, row, point + 1, view->blocks[point], sweep_cell(view, model, point));
        if (err == 0 && figures->slope)
            err = set_slope(grid, row, view->points + 1, slope_of(view, model));
        row++;
    }
    return err;
}

static int write_grid_title(FILE *out, const struct report_style *style, const struct figures *figures)
{
    char title[80];

    if (figures->title != NULL)
        return paragraph_write(out, style, COLOR_DIM, figures->title, PARAGRAPH_HANGING);
    snprintf(title, sizeof title, "%s%s", figures->metric->label, figures->slope ? "; slope: of one more" : "");
    return paragraph_write(out, style, COLOR_DIM, title, PARAGRAPH_HANGING);
}

static int write_grid(FILE *out, const struct sweep_view *view, const struct report_style *style,
                      const struct figures *figures)
{
    struct grid grid;
    size_t rows = 1;
    int err;

    for (size_t model = 0; model < view->models; model++)
        rows += is_shown(view, model);
    err = grid_open(&grid, style, 1, rows, view->points + 1 + figures->slope);
    if (err == 0)
        err = fill_grid(&grid, view, figures);
    if (err == 0)
        err = write_grid_title(out, style, figures);
    if (err == 0) {
        grid.column[0].left = true;
        grid_measure(&grid);
        grid_write_parts(out, &grid, 1);
    }
    grid_release(&grid);
    return err;
}

// Latency, whoever keeps up, and the rate that was reached.
static int write_rates(FILE *out, const struct sweep_view *view, const struct report_style *style)
{
    static const struct figures grids[] = {
        {.latency = true, .ranks = true, .title = AT_RATES},
        {.metric = &metric_table[METRIC_latency_p50_ns], .title = "p50 of the latency"},
        {.metric = &metric_table[METRIC_reached_per_s], .title = "rate reached, tasks/s"},
    };
    int err = 0;

    for (size_t i = 0; err == 0 && i < sizeof grids / sizeof *grids; i++)
        err = write_grid(out, view, style, &grids[i]);
    return err;
}

// By what models are ranked; in an open loop tasks/s are what arrives.
static int write_ranking(FILE *out, const struct sweep_view *view, const struct report_style *style)
{
    const struct metric *throughput = &metric_table[METRIC_throughput_per_s];
    bool open = block_open_loop(view->blocks[0]);

    struct figures figures = {
        .metric = open ? NULL : throughput, .ranks = true, .title = open ? RANKED_BY_LATENCY : RANKED_BY_TIME};

    if (!open && !has_figures(view, throughput))
        return 0;
    return sweep_axis_is(view, "rate") ? write_rates(out, view, style) : write_grid(out, view, style, &figures);
}

static int write_grid_at(FILE *out, const struct sweep_view *view, const struct report_style *style, unsigned place)
{
    for (const struct metric *metric = metric_table; metric < metric_table + METRICS_COUNT; metric++) {
        struct figures figures = {.metric = metric, .slope = metric->from_memory && has_slope(view)};

        if (metric->grid == place && has_figures(view, metric))
            return write_grid(out, view, style, &figures);
    }
    return 0;
}

// Why memory is not there where a cell has all else, from the first that says so.
static int write_legend(FILE *out, const struct sweep_view *view, const struct report_style *style)
{
    for (size_t model = 0; model < view->models; model++) {
        for (size_t point = 0; point < view->points; point++) {
            const cJSON *cell = sweep_cell(view, model, point);
            const char *reason = field_text(cell, "memory_reason");

            if (cell != NULL && cell_ok(cell) && reason != NULL)
                return paragraph_with_lead(out, style, COLOR_DIM, "memory", reason, PARAGRAPH_HANGING);
        }
    }
    return 0;
}

int table_sweep(const cJSON *document, double group, const struct report_style *style, FILE *out)
{
    const cJSON *findings = field(entry_of(document, group), "findings");
    struct sweep_view view;
    int err = sweep_view_open(document, group, &view);

    if (err == 0 && view.points > 0) {
        fputc('\n', out);
        err = write_title(out, &view, style);
        if (err == 0)
            err = paragraph_answer(out, style, findings);
        if (err == 0)
            err = write_ranking(out, &view, style);
        for (unsigned place = 1; err == 0 && place <= METRICS_COUNT; place++)
            err = write_grid_at(out, &view, style, place);
        if (err == 0)
            err = sweep_excuses(out, &view, style);
        if (err == 0)
            err = write_legend(out, &view, style);
        if (err == 0)
            err = paragraph_details(out, style, findings);
    }
    sweep_view_release(&view);
    return err;
}

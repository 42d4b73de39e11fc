// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>

#include "measure/base/units.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/document/metrics.h"
#include "reports/render/chart.h"
#include "reports/render/chart_rows.h"

#define BAR_HEIGHT 9.0

// What a row says: that it kept up, or from when on it did not and how late its tasks were at the most.
static void say_row(const cJSON *cell, double since, char text[160], char figure[48])
{
    double latest = metric_of_cell(&metric_table[METRIC_latest_ns], cell);
    char when[UNITS_TEXT], late[UNITS_TEXT];

    if (!cJSON_IsFalse(field(cell, "summary.kept_up"))) {
        snprintf(figure, 48, "keeps up");
        snprintf(text, 160, "%.60s keeps up", field_text(cell, "model"));
        return;
    }
    units_format_duration(late, latest);
    snprintf(figure, 48, "%s late", isnan(latest) ? "too" : late);
    snprintf(text, 160, "%.60s falls behind after %s, at last by %s", field_text(cell, "model"),
             isnan(since) ? "some time" : units_format_duration(when, since),
             isnan(latest) ? "more than it says" : late);
}

static void draw_row(struct chart_rows *rows, const struct svg_scale *scale, size_t row, double span)
{
    const cJSON *cell = rows->cells[row];
    bool behind = cJSON_IsFalse(field(cell, "summary.kept_up"));
    double since = metric_of_cell(&metric_table[METRIC_behind_since_ns], cell), y = chart_row_y(rows, row);
    double until = svg_scale_at(scale, behind ? fmin(isnan(since) ? 0 : since, span) : span);
    int series = chart_series(rows->block, cell);
    char text[160], figure[48];

    say_row(cell, since, text, figure);
    svg_group_begin(rows->svg, text);
    svg_rect(rows->svg, rows->left, y - BAR_HEIGHT / 2, until - rows->left, BAR_HEIGHT, series, 1);
    if (behind)
        svg_line(rows->svg, until, y, svg_scale_at(scale, span), y, series, 2, 4);
    svg_group_end(rows->svg);
    chart_row_figure(rows, row, figure);
}

int chart_rate(struct svg *svg, const cJSON *document, const cJSON *block)
{
    double span = field_number(block, "rate.span_ns");
    struct chart_rows rows;
    int err = chart_rows_open(&rows, svg, document, block, false);

    if (err == 0 && block_open_loop(block) && span > 0 && rows.ok > 0) {
        struct svg_scale scale = svg_scale_for(0, span, METRIC_NS, rows.left, rows.right);

        svg_go_below(svg, SVG_LINE);
        chart_rows_head(&rows, "Who keeps up",
                        "bar: as long as it keeps up with the tasks that arrive; dashed: it is behind", rows.ok);
        for (size_t i = 0; i < rows.ok; i++)
            draw_row(&rows, &scale, i, span);
        svg_scale_draw(svg, &scale, chart_rows_end(&rows, rows.ok), rows.first - CHART_ROW / 2,
                       "since the first task could arrive");
    }
    chart_rows_close(&rows);
    return err;
}

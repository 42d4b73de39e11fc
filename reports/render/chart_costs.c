// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/document/metrics.h"
#include "reports/findings/figures.h"
#include "reports/render/chart.h"
#include "reports/render/chart_rows.h"

#define BAR_HEIGHT 9.0

static int draw_bar(struct chart_rows *rows, const struct svg_scale *scale, const struct metric *metric, size_t row)
{
    double figure = metric_of_cell(metric, rows->cells[row]), y = chart_row_y(rows, row);
    int series = chart_series(rows->block, rows->cells[row]);
    struct text_stream text;
    int err = isnan(figure) ? 0 : text_stream_open(&text);

    if (err != 0 || isnan(figure))
        return err;
    write_figure(text.out, metric->unit, figure);
    err = text_stream_close(&text);
    if (err == 0 && scale->log) { // a bar has no beginning there
        svg_line(rows->svg, rows->left, y, svg_scale_at(scale, figure), y, SVG_INK_FAINT, 0.6, 0);
        svg_mark(rows->svg, svg_scale_at(scale, figure), y, series);
    } else if (err == 0) {
        svg_rect(rows->svg, rows->left, y - BAR_HEIGHT / 2, svg_scale_at(scale, figure) - rows->left, BAR_HEIGHT,
                 series, 1);
    }
    if (err == 0)
        chart_row_figure(rows, row, text.text);
    free(text.text);
    return err;
}

static int draw_costs(struct svg *svg, const cJSON *document, const cJSON *block, const struct metric *metric,
                      const char *title)
{
    struct chart_rows rows;
    double least = NAN, most = NAN;
    int err = chart_rows_open(&rows, svg, document, block, false);

    for (size_t i = 0; err == 0 && i < rows.ok; i++) {
        double figure = metric_of_cell(metric, rows.cells[i]);

        least = fmin(least, figure);
        most = fmax(most, figure);
    }
    if (err == 0 && !isnan(most)) {
        struct svg_scale scale = svg_scale_for(least, most, metric->unit, rows.left, rows.right);

        svg_go_below(svg, SVG_LINE);
        chart_rows_head(&rows, title, NULL, rows.ok);
        for (size_t i = 0; err == 0 && i < rows.ok; i++)
            err = draw_bar(&rows, &scale, metric, i);
        svg_scale_draw(svg, &scale, chart_rows_end(&rows, rows.ok), rows.first - CHART_ROW / 2, NULL);
    }
    chart_rows_close(&rows);
    return err;
}

int chart_costs(struct svg *svg, const cJSON *document, const cJSON *block)
{
    int err = draw_costs(svg, document, block, &metric_table[METRIC_cpu_per_task_ns], "CPU time per task");

    return err == 0 ? draw_costs(svg, document, block, &metric_table[METRIC_memory_bytes], "Memory") : err;
}

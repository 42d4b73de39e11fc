// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "reports/document/fields.h"
#include "reports/findings/yardstick.h"
#include "reports/render/chart.h"
#include "reports/render/chart_rows.h"

// Where all samples are nearer than that, the strips do not make much of it.
#define SPREAD_LEAST 0.05
// px from the middle of a row to its farthest sample, and between two samples of two rounds at most.
#define SWING 8.0
#define STEP_MOST 24.0
#define DOT 1.6

// A cell's deviation from its median in one sample, as a share; NAN where that has no figure.
static double deviation(const struct chart_rows *rows, size_t row, const cJSON *sample)
{
    enum yardstick yardstick = yardstick_of(rows->block, rows->cells[row]);
    double median = field_number(yardstick_statistic(yardstick, rows->cells[row]), "median");

    return sample_ok(sample) && median > 0 ? yardstick_in_sample(yardstick, sample) / median - 1 : NAN;
}

static double spread_of(const struct chart_rows *rows, size_t row, double *ret_low, double *ret_high)
{
    const cJSON *sample;

    *ret_low = *ret_high = NAN;
    cJSON_ArrayForEach(sample, field(rows->cells[row], "samples")) {
        *ret_low = fmin(*ret_low, deviation(rows, row, sample));
        *ret_high = fmax(*ret_high, deviation(rows, row, sample));
    }
    return fmax(fabs(*ret_low), fabs(*ret_high));
}

struct strips {
    struct chart_rows rows;
    double spread; // the farthest of all
    double rounds; // the last
};

static void survey(struct strips *strips)
{
    double low, high;
    const cJSON *sample;

    strips->spread = SPREAD_LEAST;
    for (size_t i = 0; i < strips->rows.ok; i++) {
        strips->spread = fmax(strips->spread, spread_of(&strips->rows, i, &low, &high));
        cJSON_ArrayForEach(sample, field(strips->rows.cells[i], "samples"))
            strips->rounds = fmax(strips->rounds, field_number(sample, "round"));
    }
}

static void draw_strip(struct strips *strips, size_t row)
{
    struct chart_rows *rows = &strips->rows;
    double y = chart_row_y(rows, row), low, high;
    double step = fmin(STEP_MOST, (rows->right - rows->left - 8) / fmax(1, strips->rounds));
    int series = chart_series(rows->block, rows->cells[row]);
    const cJSON *sample;
    char text[96];

    (void)spread_of(rows, row, &low, &high);
    snprintf(text, sizeof text, "%.60s: %+.1f … %+.1f %% of its median", field_text(rows->cells[row], "model"),
             100 * low, 100 * high);
    svg_group_begin(rows->svg, text);
    svg_line(rows->svg, rows->left, y, rows->left + step * strips->rounds, y, SVG_INK_FAINT, 0.6, 0);
    cJSON_ArrayForEach(sample, field(rows->cells[row], "samples")) {
        double d = deviation(rows, row, sample), x = rows->left + step * (field_number(sample, "round") - 0.5);

        if (!isnan(d))
            svg_rect(rows->svg, x - DOT, y - d / strips->spread * SWING - DOT, 2 * DOT, 2 * DOT, series, 1);
    }
    svg_group_end(rows->svg);
    snprintf(text, sizeof text, high - low > 0.2 ? "%+.0f … %+.0f %%" : "%+.1f … %+.1f %%", 100 * low, 100 * high);
    chart_row_figure(rows, row, text);
}

int chart_samples(struct svg *svg, const cJSON *document, const cJSON *block)
{
    struct strips strips = {.rounds = 0};
    int err = chart_rows_open(&strips.rows, svg, document, block, false);
    char legend[160];

    if (err == 0)
        survey(&strips);
    if (err == 0 && strips.rounds > 1) {
        snprintf(legend, sizeof legend,
                 "from left to right in the order of the rounds; line: the model's median; a row is ± %.0f %% high",
                 100 * strips.spread);
        chart_rows_head(&strips.rows, "Every round", legend, strips.rows.ok);
        for (size_t i = 0; i < strips.rows.ok; i++)
            draw_strip(&strips, i);
    }
    chart_rows_close(&strips.rows);
    return err;
}

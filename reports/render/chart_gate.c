// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/findings/gate_wording.h"
#include "reports/render/chart.h"
#include "reports/render/gate_lines.h"
#include "reports/render/svg.h"
#include "reports/render/svg_scale.h"
#include "reports/render/svg_series.h"

// Each line has its words above its interval: they are longer than those of a row.
#define LINE_HEIGHT 36.0
#define PLOT_BELOW 11.0
#define VERDICT_WIDTH 150.0
#define BAR 3.0

static bool has_figures(const struct gate_line *line)
{
    return line->metric != NULL && !isnan(field_number(line->metric, "change"));
}

static struct svg_scale scale_of(const struct gate_lines *lines)
{
    static const char *const shares[] = {"change", "low", "high", "allowed"};
    double least = 0, most = 0;

    for (size_t i = 0; i < lines->n; i++) {
        for (size_t k = 0; has_figures(&lines->lines[i]) && k < sizeof shares / sizeof *shares; k++) {
            least = fmin(least, field_number(lines->lines[i].metric, shares[k]));
            most = fmax(most, field_number(lines->lines[i].metric, shares[k]));
        }
    }
    return svg_scale_through_zero(least, most, METRIC_SHARE, 8, SVG_WIDTH - 8);
}

static int draw_words(struct svg *svg, const struct gate_line *line, double y)
{
    char *text = NULL;

    if (asprintf(&text, "%s%s%s", line->text[GATE_CELL], line->metric != NULL ? ", " : "",
                 line->metric != NULL ? line->text[GATE_METRIC] : "") < 0)
        return -1;
    svg_text_within(svg, 0, y, SVG_START, SVG_INK_TEXT, text, SVG_WIDTH - VERDICT_WIDTH - 8);
    svg_text_within(svg, SVG_WIDTH, y, SVG_END, SVG_INK_TEXT, gate_line_verdict(line), VERDICT_WIDTH);
    free(text);
    return 0;
}

static void draw_interval(struct svg *svg, const struct svg_scale *scale, const struct gate_line *line, double y)
{
    int series = gate_line_alarms(line) ? SERIES_ALARM : SERIES_FINE;
    double low = field_number(line->metric, "low"), high = field_number(line->metric, "high");
    double allowed = field_number(line->metric, "allowed"), zero = svg_scale_at(scale, 0);

    svg_line(svg, zero, y - 8, zero, y + 8, SVG_INK_FAINT, 1, 0);
    if (!isnan(allowed)) {
        double x = svg_scale_at(scale, allowed);

        svg_line(svg, x, y - 8, x, y + 8, SVG_INK_TEXT, 1.2, 3);
    }
    if (!isnan(low) && !isnan(high))
        svg_line(svg, svg_scale_at(scale, low), y, svg_scale_at(scale, high), y, series, BAR, 0);
    svg_mark(svg, svg_scale_at(scale, field_number(line->metric, "change")), y, series);
}

static int draw_line(struct svg *svg, const struct svg_scale *scale, const struct gate_line *line, double y)
{
    char *title = NULL;
    int err = draw_words(svg, line, y);

    if (err != 0 || !has_figures(line))
        return err;
    if (asprintf(&title, "%s, %s: %s, 95 %% interval %s; %s allowed: %s", line->text[GATE_CELL],
                 line->text[GATE_METRIC], line->text[GATE_CHANGE], line->text[GATE_INTERVAL], line->text[GATE_ALLOWED],
                 gate_line_verdict(line)) < 0)
        return -1;
    svg_group_begin(svg, title);
    draw_interval(svg, scale, line, y + PLOT_BELOW);
    svg_group_end(svg);
    free(title);
    return 0;
}

static const char *legend_of(const cJSON *document)
{
    if (field_is(document, "kind", "compare"))
        return "mark: change; bar: its 95 % interval; dashed: what is allowed. The verdict follows \"at least\", the bar's left end "
               "(of throughput its right one).";
    return "mark: change, the median of the rounds' own new / base; bar: its 95 % interval; dashed: what is allowed. The verdict "
           "follows \"at least\", a bound of its own, in two batches. Base again: against itself, which is noise.";
}

int chart_gate(struct svg *svg, const cJSON *document)
{
    struct gate_lines lines;
    struct svg_scale scale;
    int err = gate_lines_make(document, &lines);
    double y, bottom;

    if (err == 0 && lines.n > 0) {
        svg_heading(svg, "Differences");
        y = svg_paragraph(svg, 0, SVG_FONT + SVG_LINE + 3, SVG_WIDTH, legend_of(document)) + 0.6 * SVG_LINE;
        scale = scale_of(&lines);
        bottom = y + LINE_HEIGHT * (double)lines.n - SVG_LINE + 6;
        for (size_t i = 0; err == 0 && i < lines.n; i++)
            err = draw_line(svg, &scale, &lines.lines[i], y + LINE_HEIGHT * (double)i);
        svg_scale_draw(svg, &scale, bottom, bottom, "new against base");
    }
    gate_lines_release(&lines);
    return err;
}

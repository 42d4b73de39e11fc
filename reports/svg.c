// SPDX-License-Identifier: MIT
// One picture of a report: a ranking for each workload, the curves of each sweep, a gate's differences, with what they mean.
#include <cjson/cJSON.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/document/sweep_view.h"
#include "reports/findings/gate_wording.h"
#include "reports/format.h"
#include "reports/render/chart.h"
#include "reports/render/experiment.h"
#include "reports/render/gate_lines.h"
#include "reports/render/svg.h"

#define SECTION_GAP 22.0

// A paragraph of what `write` says, under the drawing so far.
static int draw_said(struct svg *svg, void (*write)(FILE *out, const cJSON *document, const cJSON *block),
                     const cJSON *document, const cJSON *block)
{
    struct text_stream said;
    int err = text_stream_open(&said);

    if (err != 0)
        return err;
    write(said.out, document, block);
    err = text_stream_close(&said);
    if (err == 0) {
        svg_go_below(svg, SVG_LINE - SVG_FONT);
        (void)svg_paragraph(svg, 0, SVG_FONT, SVG_WIDTH, said.text);
    }
    free(said.text);
    return err;
}

static void draw_sentences(struct svg *svg, const cJSON *list)
{
    const cJSON *sentence;

    cJSON_ArrayForEach(sentence, list) {
        svg_go_below(svg, SVG_LINE - SVG_FONT);
        (void)svg_paragraph(svg, 0, SVG_FONT, SVG_WIDTH, sentence->valuestring);
    }
}

static int draw_block(struct svg *svg, const cJSON *document, const cJSON *block)
{
    int err;

    svg_go_below(svg, SECTION_GAP);
    svg_heading(svg, field_text(block, "workload"));
    err = draw_said(svg, experiment_say, document, block);
    draw_sentences(svg, field(block, "findings"));
    svg_go_below(svg, SVG_LINE);
    if (block_is_searched(block))
        return err;
    if (err == 0)
        err = chart_ranking(svg, document, block);
    return err == 0 ? chart_rate(svg, document, block) : err;
}

static int draw_sweep(struct svg *svg, const cJSON *document, const cJSON *sweep)
{
    struct sweep_view view;
    struct text_stream name = {.out = NULL};
    int err = sweep_view_open(document, field_number(sweep, "group"), &view);

    if (err == 0 && view.points > 0)
        err = text_stream_open(&name);
    if (err == 0 && name.out != NULL) {
        sweep_write_workload(name.out, &view);
        err = text_stream_close(&name);
        svg_go_below(svg, SECTION_GAP);
        svg_heading(svg, name.text);
        draw_sentences(svg, field(sweep, "findings"));
        svg_go_below(svg, SVG_LINE);
        if (err == 0)
            err = chart_sweep(svg, &view);
    }
    free(name.text);
    sweep_view_release(&view);
    return err;
}

static int svg_end(const cJSON *document, const struct report_style *style, FILE *out)
{
    const cJSON *block, *sweep;
    struct svg svg;
    int err = svg_open(&svg, true), ended;

    cJSON_ArrayForEach(block, field(document, "workloads")) {
        if (err == 0 && block_has_begun(block) && field(block, "sweep") == NULL)
            err = draw_block(&svg, document, block);
    }
    cJSON_ArrayForEach(sweep, field(document, "sweeps")) {
        if (err == 0)
            err = draw_sweep(&svg, document, sweep);
    }
    svg_go_below(&svg, SECTION_GAP);
    if (err == 0)
        err = draw_said(&svg, experiment_say_machine, document, NULL);
    ended = svg_close(&svg, err == 0 ? out : NULL, "report", "Concurrency models compared by ccbench", NULL);
    return err == 0 ? ended : err;
}

static void say_conclusion(FILE *out, const cJSON *document, const cJSON *block)
{
    gate_write_conclusion(out, document);
}

static void say_sides(FILE *out, const cJSON *document, const cJSON *block)
{
    fprintf(out, "%s against %s", gate_side_name(document, "new"), gate_side_name(document, "base"));
}

static int svg_gate(const cJSON *document, const struct report_style *style, FILE *out)
{
    struct svg svg;
    int err = svg_open(&svg, true), ended;

    if (err == 0)
        err = draw_said(&svg, say_conclusion, document, NULL);
    if (err == 0)
        err = draw_said(&svg, say_sides, document, NULL);
    svg_go_below(&svg, SVG_LINE);
    if (err == 0)
        err = chart_gate(&svg, document);
    if (err == 0)
        draw_sentences(&svg, field(document, "reasons"));
    ended = svg_close(&svg, err == 0 ? out : NULL, "gate", "Two builds compared by ccbench", NULL);
    return err == 0 ? ended : err;
}

const struct report_format report_format_svg = {
    .name = "svg",
    .suffix = "svg",
    .summary = "one picture of rankings, of a sweep's curves or a gate's differences",
    .end = svg_end,
    .gate = svg_gate,
};

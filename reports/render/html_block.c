// SPDX-License-Identifier: MIT
#include "reports/render/html_block.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/render/chart.h"
#include "reports/render/experiment.h"
#include "reports/render/html.h"
#include "reports/render/notes.h"
#include "reports/render/table_grid.h"
#include "reports/render/table_legend.h"

static int write_table(FILE *out, const cJSON *document, const cJSON *block, const struct report_style *style)
{
    struct report_style wide = {.utf8 = true, .all_columns = style->all_columns};
    struct table table = {.document = document, .block = block, .style = &wide, .markup = true};
    int err = table_fill(&table);

    if (err == 0 && table.n > 0)
        err = html_grid(out, &table.grid, field_text(block, "workload"), NULL, NULL);
    if (err == 0 && table.n > 0)
        err = html_said(out, "p", table_write_legend, document, block);
    table_release(&table);
    return err;
}

static int write_excuses(FILE *out, const cJSON *block)
{
    const cJSON *cell;
    int err = 0;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        const char *reason = field_text(cell, "reason");
        char *text = NULL;

        if (err != 0 || cell_ok(cell))
            continue;
        if (asprintf(&text, "%s %s: %s", field_text(cell, "model"), field_text(cell, "status"),
                     reason != NULL ? reason : "no reason given") < 0)
            return -ENOMEM;
        err = html_element(out, "p", text);
        free(text);
    }
    return err;
}

static int write_notes(FILE *out, const cJSON *document, const cJSON *block, const struct report_style *style)
{
    const cJSON *note;
    int err = 0;

    cJSON_ArrayForEach(note, field(block, "warnings")) {
        char *text = NULL;

        if (err != 0 || !note_is_new(document, block, note->valuestring, style->all_columns))
            continue;
        if (asprintf(&text, "Note: %s", note->valuestring) < 0)
            return -ENOMEM;
        err = html_element(out, "p", text);
        free(text);
    }
    return err;
}

typedef int chart(struct svg *svg, const cJSON *document, const cJSON *block);

static int write_chart(FILE *out, const cJSON *document, const cJSON *block, chart *draw, unsigned number,
                       const char *name)
{
    char id[48], title[200];
    struct svg svg;
    int err = svg_open(&svg, false), ended;

    snprintf(id, sizeof id, "s%u-%s", number, name);
    snprintf(title, sizeof title, "%.100s: %s", field_text(block, "workload"), name);
    if (err == 0)
        err = draw(&svg, document, block);
    ended = html_figure(out, &svg, id, title);
    return err == 0 ? ended : err;
}

static int write_charts(FILE *out, const cJSON *document, const cJSON *block, unsigned number)
{
    static const struct {
        chart *draw;
        const char *name;
    } charts[] = {
        {chart_ranking, "ranking"}, {chart_rate, "rate"},   {chart_samples, "rounds"},
        {chart_latency, "latency"}, {chart_costs, "costs"},
    };
    int err = 0;

    for (size_t i = 0; err == 0 && i < sizeof charts / sizeof *charts; i++)
        err = write_chart(out, document, block, charts[i].draw, number, charts[i].name);
    return err;
}

int html_block_figures(FILE *out, const cJSON *document, const cJSON *block, const struct report_style *style)
{
    int err = write_table(out, document, block, style);

    if (err == 0)
        err = write_excuses(out, block);
    return err == 0 ? write_notes(out, document, block, style) : err;
}

int html_block(FILE *out, const cJSON *document, const cJSON *block, const struct report_style *style, unsigned number)
{
    int err;

    fprintf(out, "<section id=\"s%u\">\n", number);
    err = html_element(out, "h2", field_text(block, "workload"));
    if (err == 0)
        err = html_said(out, "p", experiment_say, document, block);
    if (err == 0)
        err = html_list(out, field(block, "findings"));
    if (err == 0 && !block_is_searched(block)) // samples of other rates under each model are in no chart together
        err = write_charts(out, document, block, number);
    if (err == 0)
        err = html_block_figures(out, document, block, style);
    fputs("</section>\n", out);
    return err;
}

int html_entry(FILE *out, unsigned number, const char *name)
{
    int err;

    fprintf(out, "<li><a href=\"#s%u\">", number);
    err = svg_escape(out, name);
    fputs("</a></li>\n", out);
    return err;
}

int html_block_entry(FILE *out, const cJSON *document, const cJSON *block, const struct report_style *style,
                     unsigned number)
{
    return html_entry(out, number, field_text(block, "workload"));
}

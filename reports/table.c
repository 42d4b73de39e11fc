// SPDX-License-Identifier: MIT
// The table for people: what was measured on, then a block per workload: the experiment in words, the answer, the figures
// that show it, and what to doubt about them.
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "measure/base/units.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/document/sweep_view.h"
#include "reports/findings/wording.h"
#include "reports/format.h"
#include "reports/render/experiment.h"
#include "reports/render/gate_table.h"
#include "reports/render/notes.h"
#include "reports/render/paragraph.h"
#include "reports/render/runtimes_text.h"
#include "reports/render/table_claims.h"
#include "reports/render/table_classes.h"
#include "reports/render/table_grid.h"
#include "reports/render/table_legend.h"
#include "reports/render/table_several.h"
#include "reports/render/table_sweep.h"

// Gathers what `write` has to say about a block (or, where that is NULL, the document) and writes it as a paragraph.
typedef void paragraph_writer(FILE *out, const cJSON *document, const cJSON *block);

static int write_gathered(FILE *out, const struct report_style *style, const char *color, size_t indent,
                          paragraph_writer *write, const cJSON *document, const cJSON *block)
{
    struct text_stream gathered;
    int err = text_stream_open(&gathered);

    if (err != 0)
        return err;
    write(gathered.out, document, block);
    err = text_stream_close(&gathered);
    if (err == 0 && gathered.length > 0)
        err = paragraph_write(out, style, color, gathered.text, indent);
    free(gathered.text);
    return err;
}

static void say_runtimes(FILE *out, const cJSON *document, const cJSON *block)
{
    runtimes_say(out, document);
}

static int table_begin(const cJSON *document, const struct report_style *style, FILE *out)
{
    int err = write_gathered(out, style, COLOR_DIM, PARAGRAPH_HANGING, experiment_say_machine, document, NULL);

    return err == 0 ? write_gathered(out, style, COLOR_DIM, PARAGRAPH_HANGING, say_runtimes, document, NULL) : err;
}

static int write_header(FILE *out, const struct report_style *style, const cJSON *document, const cJSON *block)
{
    struct text_stream experiment;
    int err = text_stream_open(&experiment);

    if (err != 0)
        return err;
    experiment_say(experiment.out, document, block);
    err = text_stream_close(&experiment);
    if (err == 0)
        err = paragraph_titled(out, style, field_text(block, "workload"), experiment.text);
    free(experiment.text);
    return err;
}

// A cell without figures: its name below the others, and why.
static int write_excuse(FILE *out, const struct table *table, const cJSON *cell)
{
    const struct report_style *style = table->style;
    const char *color = field_is(cell, "status", "skipped") ? COLOR_DIM : COLOR_RED;
    const char *status = field_text(cell, "status"), *reason = field_text(cell, "reason");
    bool narrow = paragraph_is_narrow(style, table_lead_width(table));
    char *model = text_clean(field_text(cell, "model"), style->utf8), *text = NULL, *clean = NULL;
    int err;

    if (model != NULL && asprintf(&text, "%s%s%s: %s", narrow ? model : "", narrow ? " " : "", status,
                                  reason != NULL ? reason : "no reason given") >= 0)
        clean = text_clean(text, style->utf8);
    if (clean != NULL) {
        color_start(out, style, color);
        if (!narrow)
            table_write_lead(out, table, model);
        text_wrap(out, clean, narrow ? 0 : table_lead_width(table), narrow ? 2 : table_lead_width(table), style->width);
        color_end(out, style, color);
    }
    err = clean != NULL ? 0 : -ENOMEM;
    free(model);
    free(text);
    free(clean);
    return err;
}

static int write_figures(const cJSON *document, const cJSON *block, const struct report_style *style, FILE *out)
{
    struct table table = {.document = document, .block = block, .style = style};
    const cJSON *cell;
    int err = table_fill(&table);

    if (err == 0)
        table_write(out, &table);
    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (err == 0 && !cell_ok(cell))
            err = write_excuse(out, &table, cell);
    }
    table_release(&table);
    return err;
}

static int write_warnings(const cJSON *document, const cJSON *block, const struct report_style *style, FILE *out)
{
    const cJSON *warning;
    int err = 0;

    cJSON_ArrayForEach(warning, field(block, "warnings")) {
        if (err == 0 && note_is_new(document, block, warning->valuestring, style->all_columns))
            err = paragraph_with_lead(out, style, COLOR_YELLOW, "note:", warning->valuestring, PARAGRAPH_HANGING);
    }
    return err;
}

static int write_block(const cJSON *document, const cJSON *block, const struct report_style *style, FILE *out)
{
    int err;

    fputc('\n', out);
    err = write_header(out, style, document, block);
    if (err == 0)
        err = paragraph_answer(out, style, field(block, "findings"));
    if (err == 0)
        err = write_figures(document, block, style, out);
    if (err == 0)
        err = table_write_classes(document, block, style, out);
    if (err == 0)
        err = write_gathered(out, style, COLOR_DIM, PARAGRAPH_HANGING, table_write_legend, document, block);
    if (err == 0)
        err = paragraph_details(out, style, field(block, "findings"));
    if (err == 0)
        err = write_warnings(document, block, style, out);
    return err;
}

// A sweep, after the last of its blocks; those themselves are only shown with all columns.
static int write_sweep(const cJSON *document, double group, const struct report_style *style, FILE *out)
{
    int err = table_sweep(document, group, style, out);
    const cJSON *block;

    cJSON_ArrayForEach(block, field(document, "workloads")) {
        if (err == 0 && !style->all_columns && sweep_group(block) == group && block_has_begun(block))
            err = write_warnings(document, block, style, out);
    }
    return err;
}

static int table_block(const cJSON *document, const cJSON *block, const struct report_style *style, FILE *out)
{
    double group = sweep_group(block);
    int err = 0;

    if (isnan(group) || style->all_columns)
        err = write_block(document, block, style, out);
    if (err == 0 && !isnan(group) && sweep_ends_with(block))
        err = write_sweep(document, group, style, out);
    return err;
}

static void say_end(FILE *out, const cJSON *document, const cJSON *block)
{
    char text[UNITS_TEXT];

    units_format_duration(text, field_number(document, "duration_ns"));
    fprintf(out, "Interrupted by %s after %s: %s.", field_text(document, "interrupted"), text,
            block_any_has_begun(document) ? "these are the rounds completed until then" : "no round was completed");
}

static int table_end(const cJSON *document, const struct report_style *style, FILE *out)
{
    const cJSON *sweep;
    int err = 0;

    // The one that an interruption came into the middle of.
    cJSON_ArrayForEach(sweep, field(document, "sweeps")) {
        if (err == 0 && !sweep_is_whole(document, field_number(sweep, "group")))
            err = write_sweep(document, field_number(sweep, "group"), style, out);
    }
    if (err != 0 || field_text(document, "interrupted") == NULL)
        return err;
    fputc('\n', out);
    return write_gathered(out, style, COLOR_YELLOW, PARAGRAPH_HANGING, say_end, document, NULL);
}

static int table_gate(const cJSON *document, const struct report_style *style, FILE *out)
{
    // What was compared from files says for each of the two where it comes from.
    int err = field(document, "environment") != NULL ? table_begin(document, style, out) : 0;

    return err == 0 ? gate_table_write(document, style, out) : err;
}

const struct report_format report_format_table = {
    .name = "table",
    .suffix = "txt",
    .summary = "a table for people, with what it means in plain sentences",
    .begin = table_begin,
    .block = table_block,
    .end = table_end,
    .gate = table_gate,
    .several = table_several_write,
    .claims = &table_claims,
};

// SPDX-License-Identifier: MIT
// The table for people: what was measured on, then a block per workload: the experiment in words, the figures, what
// they mean, and what to doubt about them.
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/units.h"
#include "reports/fields.h"
#include "reports/format.h"
#include "reports/table_grid.h"
#include "reports/text.h"

// Indent of a paragraph's further lines.
#define HANGING 4
// A column of text narrower than this is not worth starting.
#define NARROW 16

// Writes a paragraph, wrapped. 0 or -ENOMEM.
static int write_paragraph(FILE *out, const struct report_style *style, const char *color, const char *text,
                           size_t indent)
{
    char *clean = text_clean(text, style->utf8);

    if (clean == NULL)
        return -ENOMEM;
    color_start(out, style, color);
    text_wrap(out, clean, 0, indent, style->width);
    color_end(out, style, color);
    free(clean);
    return 0;
}

// Gathers what `write` has to say about a block (or, where that is NULL, the document) and writes it as a paragraph.
typedef void paragraph_writer(FILE *out, const cJSON *document, const cJSON *block);

static int write_gathered(FILE *out, const struct report_style *style, const char *color, size_t indent,
                          paragraph_writer *write, const cJSON *document, const cJSON *block)
{
    char *text = NULL;
    size_t length = 0;
    FILE *gathered = open_memstream(&text, &length);
    int r = -ENOMEM;

    if (gathered == NULL)
        return -ENOMEM;
    write(gathered, document, block);
    if (text_finish(gathered, &text))
        r = length > 0 ? write_paragraph(out, style, color, text, indent) : 0;
    free(text);
    return r;
}

static void say_field(FILE *out, const char *before, const char *text, const char *after)
{
    if (text != NULL)
        fprintf(out, "%s%s%s", before, text, after);
}

static void say_machine(FILE *out, const cJSON *document, const cJSON *block)
{
    double allowed = field_number(document, "environment.cpu.allowed_count");

    (void)block;
    say_field(out, "ccbench ", field_text(document, "ccbench.version"), "");
    say_field(out, " (", field_text(document, "ccbench.build_type"), "");
    say_field(out, ", sanitizers ", field_text(document, "ccbench.sanitizer"), "");
    fputs(field_text(document, "ccbench.build_type") != NULL ? ")" : "", out);
    say_field(out, " on ", field_text(document, "environment.cpu.model"), "");
    if (!isnan(allowed))
        fprintf(out, ", %.0f core%s", allowed, allowed == 1 ? "" : "s");
    say_field(out, ", ", field_text(document, "environment.kernel"), "");
    say_field(out, " on ", field_text(document, "environment.virtualisation"), "");
    say_field(out, "; trials on CPUs ", field_text(document, "placement.cpus"), "");
    say_field(out, ", HTTP origin on ", field_text(document, "placement.origin_cpus"), "");
    fprintf(out, "; seed %.0f; %s", field_number(document, "seed"), field_text(document, "started"));
}

static int table_begin(const cJSON *document, const struct report_style *style, FILE *out)
{
    return write_gathered(out, style, COLOR_DIM, HANGING, say_machine, document, NULL);
}

static const char *stopped_in_words(const char *stopped)
{
    static const char *const words[][2] = {
        {"precision", "stopped: precision reached"},
        {"time limit", "stopped: time limit reached"},
        {"interrupted", "stopped: interrupted"},
        {"rounds", "as asked for"},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(stopped, words[i][0]) == 0)
            return words[i][1];
    return stopped;
}

static void say_kind(FILE *out, const cJSON *block)
{
    const char *kind = field_text(block, "kind");
    double share = field_number(block, "cpu_share");

    if (kind == NULL)
        return;
    fprintf(out, "; %s", strcmp(kind, "empty") == 0 ? "no work in them" : kind);
    if (isnan(share) || strcmp(kind, "empty") == 0)
        return;
    if (share < 0.01)
        fputs(" (under 1 % CPU)", out);
    else
        fprintf(out, " (%.0f %% CPU)", 100 * share);
}

static void say_ideal(FILE *out, const cJSON *block)
{
    double ideal_ns = field_number(block, "ideal_ns");
    char text[UNITS_TEXT];

    if (isnan(ideal_ns)) {
        fputs("; ideal n/a", out);
        say_field(out, ": ", field_text(block, "ideal_reason"), "");
        return;
    }
    fprintf(out, "; ideal %s", units_format_duration(text, ideal_ns));
    say_field(out, " = ", field_text(block, "ideal_formula"), "");
}

static void say_experiment(FILE *out, const cJSON *document, const cJSON *block)
{
    double rounds = field_number(block, "rounds"), tasks = field_number(block, "tasks");
    char text[UNITS_TEXT];

    (void)document;
    fprintf(out, "%s task%s", units_format_count(text, (uint64_t)tasks), tasks == 1 ? "" : "s, each");
    say_field(out, tasks == 1 ? " that " : " ", field_text(block, "describe"), "");
    fprintf(out, "; %s in flight", units_format_count(text, (uint64_t)field_number(block, "concurrency")));
    say_kind(out, block);
    say_ideal(out, block);
    fprintf(out, "; %.0f round%s, %s", rounds, rounds == 1 ? "" : "s",
            stopped_in_words(field_text(block, "stopped")));
}

static bool is_narrow(const struct report_style *style, size_t column)
{
    return style->width > 0 && column + NARROW > style->width;
}

// The label stands out, the experiment follows on the same line.
static int write_header(FILE *out, const struct report_style *style, const cJSON *document, const cJSON *block)
{
    char *label = text_clean(field_text(block, "workload"), style->utf8), *text = NULL, *clean = NULL;
    size_t length = 0;
    FILE *gathered = label != NULL ? open_memstream(&text, &length) : NULL;
    int r;

    if (gathered != NULL) {
        say_experiment(gathered, document, block);
        if (text_finish(gathered, &text))
            clean = text_clean(text, style->utf8);
    }
    if (clean != NULL) {
        size_t column = text_width(label) + 2;

        color_start(out, style, COLOR_BOLD);
        if (is_narrow(style, column)) {
            text_wrap(out, label, 0, 0, style->width);
            column = 0;
        } else {
            fprintf(out, "%s  ", label);
        }
        color_end(out, style, COLOR_BOLD);
        text_wrap(out, clean, column, HANGING, style->width);
    }
    r = clean != NULL ? 0 : -ENOMEM;
    free(label);
    free(text);
    free(clean);
    return r;
}

// A cell without figures: its name below the others, and why.
static int write_excuse(FILE *out, const struct table *table, const cJSON *cell)
{
    const struct report_style *style = table->style;
    const char *color = field_is(cell, "status", "skipped") ? COLOR_DIM : COLOR_RED;
    const char *status = field_text(cell, "status"), *reason = field_text(cell, "reason");
    bool narrow = is_narrow(style, table_lead_width(table));
    char *model = text_clean(field_text(cell, "model"), style->utf8), *text = NULL, *clean = NULL;
    int r;

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
    r = clean != NULL ? 0 : -ENOMEM;
    free(model);
    free(text);
    free(clean);
    return r;
}

static int write_figures(const cJSON *document, const cJSON *block, const struct report_style *style, FILE *out)
{
    struct table table = {.document = document, .block = block, .style = style};
    const cJSON *cell;
    int r = table_fill(&table);

    if (r == 0)
        r = table_write(out, &table);
    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (r == 0 && !cell_ok(cell))
            r = write_excuse(out, &table, cell);
    }
    table_release(&table);
    return r;
}

static void say_legend(FILE *out, const cJSON *document, const cJSON *block)
{
    char *legend = table_legend(document, block);

    if (legend != NULL)
        fputs(legend, out);
    free(legend);
}

// One line for each text of a list.
static int write_line(const struct report_style *style, const char *color, const char *lead, const char *text,
                      size_t indent, FILE *out)
{
    char *line = NULL;
    int r;

    if (asprintf(&line, "%s %s", lead, text) < 0)
        return -ENOMEM;
    r = write_paragraph(out, style, color, line, indent);
    free(line);
    return r;
}

static int write_findings(const cJSON *block, const struct report_style *style, FILE *out)
{
    const cJSON *finding;
    int r = 0;

    cJSON_ArrayForEach(finding, field(block, "findings")) {
        if (r == 0)
            r = write_line(style, "", "→", finding->valuestring, style->utf8 ? 2 : 3, out);
    }
    return r;
}

// What holds for the whole machine would otherwise be read under every workload.
static bool was_said(const cJSON *document, const cJSON *block, const char *warning)
{
    const cJSON *earlier, *said;

    cJSON_ArrayForEach(earlier, field(document, "workloads")) {
        if (earlier == block)
            return false;
        cJSON_ArrayForEach(said, field(earlier, "warnings")) {
            if (strcmp(said->valuestring, warning) == 0)
                return true;
        }
    }
    return false;
}

static int write_warnings(const cJSON *document, const cJSON *block, const struct report_style *style, FILE *out)
{
    const cJSON *warning;
    int r = 0;

    cJSON_ArrayForEach(warning, field(block, "warnings")) {
        if (r == 0 && !was_said(document, block, warning->valuestring))
            r = write_line(style, COLOR_YELLOW, "note:", warning->valuestring, HANGING, out);
    }
    return r;
}

static int table_block(const cJSON *document, const cJSON *block, const struct report_style *style, FILE *out)
{
    int r;

    fputc('\n', out);
    r = write_header(out, style, document, block);
    if (r == 0)
        r = write_figures(document, block, style, out);
    if (r == 0)
        r = write_gathered(out, style, COLOR_DIM, HANGING, say_legend, document, block);
    if (r == 0)
        r = write_findings(block, style, out);
    if (r == 0)
        r = write_warnings(document, block, style, out);
    return r;
}

static void say_end(FILE *out, const cJSON *document, const cJSON *block)
{
    char text[UNITS_TEXT];

    (void)block;
    units_format_duration(text, field_number(document, "duration_ns"));
    fprintf(out, "Interrupted by %s after %s: these are the rounds completed until then.",
            field_text(document, "interrupted"), text);
}

static int table_end(const cJSON *document, const struct report_style *style, FILE *out)
{
    if (field_text(document, "interrupted") == NULL)
        return 0;
    fputc('\n', out);
    return write_gathered(out, style, COLOR_YELLOW, HANGING, say_end, document, NULL);
}

const struct report_format report_format_table = {
    .name = "table",
    .suffix = "txt",
    .summary = "a table for people, with what it means in plain sentences",
    .begin = table_begin,
    .block = table_block,
    .end = table_end,
};

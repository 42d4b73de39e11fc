// SPDX-License-Identifier: MIT
// GitHub's Markdown, for a job's summary or a comment: the figures as a table, what they mean as a list.
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "measure/base/units.h"
#include "reports/document/fields.h"
#include "reports/findings/gate_wording.h"
#include "reports/format.h"
#include "reports/render/experiment.h"
#include "reports/render/gate_lines.h"
#include "reports/render/markdown_claims.h"
#include "reports/render/markdown_parts.h"
#include "reports/render/markdown_several.h"
#include "reports/render/notes.h"
#include "reports/render/runtimes_text.h"
#include "reports/render/table_grid.h"

static int write_excuses(FILE *out, const cJSON *block)
{
    const cJSON *cell;
    int err = 0;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        char *text = NULL;

        if (err < 0 || cell_ok(cell))
            continue;
        if (asprintf(&text, "%s %s: %s", field_text(cell, "model"), field_text(cell, "status"),
                     field_text(cell, "reason") != NULL ? field_text(cell, "reason") : "no reason given") < 0)
            return -ENOMEM;
        err = markdown_item(out, "- ", text);
        free(text);
    }
    return err;
}

// A paragraph of its own, where there is anything to say.
static int write_facts(const cJSON *document, void (*say)(FILE *out, const cJSON *document), FILE *out)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    say(text.out, document);
    err = text_stream_close(&text);
    if (err == 0 && text.length > 0) {
        fputc('\n', out);
        err = markdown_item(out, "", text.text);
    }
    free(text.text);
    return err;
}

static int markdown_begin(const cJSON *document, const struct report_style *style, FILE *out)
{
    const char *cpu = field_text(document, "environment.cpu.model"),
               *kernel = field_text(document, "environment.kernel");
    double cores = field_number(document, "environment.cpu.allowed_count");
    double quota = field_number(document, "environment.cpu.quota_cores");
    char *text = NULL, limited[64] = "";
    int err;

    if (quota > 0)
        snprintf(limited, sizeof limited, ", %.3g core%s by its cgroup's quota", quota, text_plural(quota));
    if (asprintf(&text, "ccbench %s on %s, %.0f core%s%s, %s; %s", field_text(document, "ccbench.version"),
                 cpu != NULL ? cpu : "an unknown CPU", cores, text_plural(cores), limited,
                 kernel != NULL ? kernel : "an unknown kernel", field_text(document, "started")) < 0)
        return -ENOMEM;
    err = markdown_item(out, "", text);
    free(text);
    if (err == 0)
        err = write_facts(document, experiment_say_origin, out);
    return err == 0 ? write_facts(document, runtimes_say, out) : err;
}

static int write_notes(FILE *out, const cJSON *document, const cJSON *block, bool of_each)
{
    const cJSON *note;
    int err = 0;

    cJSON_ArrayForEach(note, field(block, "warnings")) {
        if (err == 0 && note_is_new(document, block, note->valuestring, of_each))
            err = markdown_item(out, "- note: ", note->valuestring);
    }
    return err;
}

static int markdown_block(const cJSON *document, const cJSON *block, const struct report_style *style, FILE *out)
{
    struct report_style wide = {.utf8 = true, .all_columns = style->all_columns};
    struct table table = {.document = document, .block = block, .style = &wide, .markup = true};
    double tasks = field_number(block, "tasks");
    char *heading = NULL;
    int err = table_fill(&table);

    if (err == 0 && asprintf(&heading, "%s: %.0f task%s, each %s, %.0f in flight", field_text(block, "workload"), tasks,
                             text_plural(tasks), field_text(block, "describe"), field_number(block, "concurrency")) < 0)
        err = -ENOMEM;
    if (err == 0)
        err = markdown_item(out, "\n### ", heading);
    fputc('\n', out);
    if (err == 0)
        err = markdown_items(out, "- ", field(block, "findings"));
    if (cJSON_GetArraySize(field(block, "findings")) > 0)
        fputc('\n', out);
    if (err == 0 && table.n > 0)
        err = markdown_grid(out, &table.grid, NULL, NULL);
    fputc('\n', out);
    if (err == 0)
        err = write_excuses(out, block);
    if (err == 0)
        err = write_notes(out, document, block, style->all_columns);
    free(heading);
    table_release(&table);
    return err;
}

// What the blocks of a sweep show together.
static int markdown_end(const cJSON *document, const struct report_style *style, FILE *out)
{
    const cJSON *sweep;
    int err = 0;

    cJSON_ArrayForEach(sweep, field(document, "sweeps")) {
        char *heading = NULL;

        if (err < 0 || cJSON_GetArraySize(field(sweep, "findings")) == 0)
            continue;
        if (asprintf(&heading, "%s, over %s", field_text(sweep, "workload"), field_text(sweep, "axis")) < 0)
            return -ENOMEM;
        err = markdown_item(out, "\n### ", heading);
        fputc('\n', out);
        free(heading);
        if (err == 0)
            err = markdown_items(out, "- ", field(sweep, "findings"));
    }
    return err;
}

static bool line_alarms(const void *data, size_t row)
{
    const struct gate_lines *lines = data;

    return gate_line_alarms(&lines->lines[row - 1]);
}

static int write_gate_table(FILE *out, const struct gate_lines *lines)
{
    const struct report_style wide = {.utf8 = true};
    struct grid grid;
    int err = gate_lines_grid(lines, &wide, &grid);

    if (err == 0)
        err = markdown_grid(out, &grid, line_alarms, lines);
    grid_release(&grid);
    return err;
}

// Commands stand in a fenced block, where nothing is markup; a fence inside would end it.
static int write_repeats(FILE *out, const struct gate_lines *lines)
{
    const cJSON *last = NULL;

    for (size_t i = 0; i < lines->n; i++) {
        const struct gate_line *line = &lines->lines[i];
        const char *repeat = field_text(line->cell, "repeat");
        char *clean;

        if (!gate_line_repeats(line) || line->cell == last || strstr(repeat, "```") != NULL)
            continue;
        clean = text_clean(repeat, true);
        if (clean == NULL)
            return -ENOMEM;
        fprintf(out, "%s%s\n", last == NULL ? "\nTo repeat by hand:\n\n```sh\n" : "", clean);
        free(clean);
        last = line->cell;
    }
    if (last != NULL)
        fputs("```\n", out);
    return 0;
}

static int write_conclusion(FILE *out, const cJSON *document)
{
    struct text_stream said;
    int err = text_stream_open(&said);

    if (err != 0)
        return err;
    gate_write_conclusion(said.out, document);
    err = text_stream_close(&said);
    if (err == 0)
        err = markdown_item(out, "### ", said.text);
    free(said.text);
    return err;
}

static int write_sides(FILE *out, const cJSON *document)
{
    char *text = NULL;
    int err;

    if (asprintf(&text, "%s against %s", gate_side_name(document, "new"), gate_side_name(document, "base")) < 0)
        return -ENOMEM;
    err = markdown_item(out, "\n", text);
    free(text);
    return err;
}

static int write_fact(const char *text, bool differs, void *data)
{
    return markdown_item(data, "- ", text);
}

static int markdown_gate(const cJSON *document, const struct report_style *style, FILE *out)
{
    struct gate_lines lines;
    int err = gate_lines_make(document, &lines);

    if (err == 0)
        err = write_conclusion(out, document);
    if (err == 0)
        err = write_sides(out, document);
    fputc('\n', out);
    if (err == 0)
        err = write_gate_table(out, &lines);
    fputc('\n', out);
    if (err == 0)
        err = markdown_items(out, "- ", field(document, "reasons"));
    if (err == 0)
        err = gate_each_fact(document, write_fact, out);
    if (err == 0)
        err = markdown_items(out, "- note: ", field(document, "notes"));
    if (err == 0)
        err = write_repeats(out, &lines);
    gate_lines_release(&lines);
    return err;
}

const struct report_format report_format_markdown = {
    .name = "markdown",
    .suffix = "md",
    .summary = "tables in GitHub's Markdown, for a job's summary or a comment",
    .begin = markdown_begin,
    .block = markdown_block,
    .end = markdown_end,
    .gate = markdown_gate,
    .several = markdown_several_write,
    .claims = &markdown_claims,
};

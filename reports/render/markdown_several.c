// SPDX-License-Identifier: MIT
#include "reports/render/markdown_several.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/findings/several_facts.h"
#include "reports/render/markdown_parts.h"
#include "reports/render/several_grid.h"
#include "reports/render/several_text.h"

// A line of what `write` has to say about something; nothing where it says nothing.
static int write_said(FILE *out, const char *lead, void (*write)(FILE *out, const cJSON *about), const cJSON *about)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    write(text.out, about);
    err = text_stream_close(&text);
    if (err == 0 && text.length > 0)
        err = markdown_item(out, lead, text.text);
    free(text.text);
    return err;
}

static int write_difference(FILE *out, const cJSON *several, const cJSON *fact)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    several_write_fact(text.out, several, fact);
    err = text_stream_close(&text);
    if (err == 0)
        err = markdown_item(out, "- differs: ", text.text);
    free(text.text);
    return err;
}

static int write_facts(FILE *out, const cJSON *several)
{
    const cJSON *fact;
    int err = write_said(out, "", several_write_head, several);

    fputc('\n', out);
    if (err == 0)
        err = write_said(out, "- ", several_write_alike, several);
    cJSON_ArrayForEach(fact, field(several, "facts")) {
        if (err == 0 && !several_fact_is_alike(fact))
            err = write_difference(out, several, fact);
    }
    return err;
}

static void write_title(FILE *out, const cJSON *experiment)
{
    fprintf(out, "%s: ", field_text(experiment, "workload"));
    several_write_experiment(out, experiment);
}

static int write_figures(FILE *out, const cJSON *several, const cJSON *experiment, enum several_view view)
{
    const struct report_style wide = {.utf8 = true};
    struct grid grid;
    int err = several_grid(several, experiment, view, &wide, &grid);

    if (err == 0)
        err = markdown_grid(out, &grid, NULL, NULL);
    grid_release(&grid);
    fputc('\n', out);
    return err;
}

static int write_excuse(const char *text, void *data)
{
    return markdown_item(data, "- ", text);
}

static int write_experiment(FILE *out, const cJSON *several, const cJSON *experiment, bool sums_up, bool all)
{
    int err = write_said(out, "\n### ", write_title, experiment);

    fputc('\n', out);
    if (err == 0)
        err = write_figures(out, several, experiment, sums_up ? SEVERAL_SUMMARY : SEVERAL_APART);
    if (err == 0 && sums_up && all)
        err = write_figures(out, several, experiment, SEVERAL_BY_MACHINE);
    if (err == 0)
        err = several_each_excuse(several, experiment, write_excuse, out);
    return err == 0 ? markdown_items(out, "- ", field(experiment, "findings")) : err;
}

static void write_sweep_title(FILE *out, const cJSON *sweep)
{
    fprintf(out, "%s, over %s", field_text(sweep, "workload"), field_text(sweep, "axis"));
}

static int write_sweep(FILE *out, const cJSON *sweep)
{
    int err;

    if (cJSON_GetArraySize(field(sweep, "findings")) == 0)
        return 0;
    err = write_said(out, "\n### ", write_sweep_title, sweep);
    fputc('\n', out);
    return err == 0 ? markdown_items(out, "- ", field(sweep, "findings")) : err;
}

int markdown_several_write(const cJSON *several, const struct report_style *style, FILE *out)
{
    const struct report_style wide = {.utf8 = true};
    const cJSON *experiment, *sweep;
    bool sums_up;
    int err = several_sums_up(several, &wide, &sums_up);

    if (err == 0)
        err = write_facts(out, several);
    cJSON_ArrayForEach(experiment, field(several, "experiments")) {
        if (err == 0)
            err = write_experiment(out, several, experiment, sums_up, style->all_columns);
    }
    cJSON_ArrayForEach(sweep, field(several, "sweeps")) {
        if (err == 0)
            err = write_sweep(out, sweep);
    }
    fputc('\n', out);
    if (err == 0)
        err = markdown_items(out, "- ", field(several, "findings"));
    return err == 0 ? markdown_items(out, "- note: ", field(several, "notes")) : err;
}

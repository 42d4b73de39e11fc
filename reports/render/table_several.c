// SPDX-License-Identifier: MIT
#include "reports/render/table_several.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/findings/several_facts.h"
#include "reports/render/paragraph.h"
#include "reports/render/several_grid.h"
#include "reports/render/several_text.h"

#define INDENT 4

// Where a table is written to.
struct target {
    const cJSON *several;
    const struct report_style *style;
    FILE *out;
    bool sums_up;
};

typedef void writer(FILE *out, const cJSON *about);

static int gather(writer *write, const cJSON *about, struct text_stream *ret_text)
{
    int err = text_stream_open(ret_text);

    if (err != 0)
        return err;
    write(ret_text->out, about);
    return text_stream_close(ret_text);
}

static int write_said(const struct target *target, const char *color, writer *write, const cJSON *about)
{
    struct text_stream text = {.text = NULL};
    int err = gather(write, about, &text);

    if (err == 0 && text.length > 0)
        err = paragraph_write(target->out, target->style, color, text.text, INDENT);
    free(text.text);
    return err;
}

static int write_difference(const struct target *target, const cJSON *fact)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    several_write_fact(text.out, target->several, fact);
    err = text_stream_close(&text);
    if (err == 0)
        err = paragraph_with_lead(target->out, target->style, COLOR_YELLOW, "differs:", text.text, INDENT);
    free(text.text);
    return err;
}

static int write_facts(const struct target *target)
{
    const cJSON *fact;
    int err = write_said(target, COLOR_DIM, several_write_alike, target->several);

    cJSON_ArrayForEach(fact, field(target->several, "facts")) {
        if (err == 0 && !several_fact_is_alike(fact))
            err = write_difference(target, fact);
    }
    return err;
}

static int write_title(const struct target *target, const cJSON *experiment)
{
    struct text_stream text = {.text = NULL};
    int err = gather(several_write_experiment, experiment, &text);

    fputc('\n', target->out);
    if (err == 0)
        err = paragraph_titled(target->out, target->style, field_text(experiment, "workload"), text.text);
    free(text.text);
    return err;
}

static int write_view(const struct target *target, const cJSON *experiment, enum several_view view)
{
    struct grid grid;
    int err = several_grid(target->several, experiment, view, target->style, &grid);

    if (err == 0 && view == SEVERAL_SUMMARY)
        grid_fit(&grid);
    if (err == 0)
        grid_write_parts(target->out, &grid, 1);
    grid_release(&grid);
    return err;
}

static int write_figures(const struct target *target, const cJSON *experiment)
{
    int err = write_view(target, experiment, target->sums_up ? SEVERAL_SUMMARY : SEVERAL_SIDE_BY_SIDE);

    if (err == 0 && target->sums_up && target->style->all_columns)
        err = write_view(target, experiment, SEVERAL_BY_MACHINE);
    return err;
}

static int write_excuse(const char *text, void *data)
{
    const struct target *target = data;

    return paragraph_with_lead(target->out, target->style, COLOR_DIM, "-", text, 2);
}

static int write_experiment(struct target *target, const cJSON *experiment)
{
    int err = write_title(target, experiment);

    if (err == 0)
        err = write_figures(target, experiment);
    if (err == 0)
        err = several_each_excuse(target->several, experiment, write_excuse, target);
    if (err == 0)
        err = write_said(target, COLOR_DIM, several_write_legend, experiment);
    return err == 0 ? paragraph_findings(target->out, target->style, field(experiment, "findings")) : err;
}

static void write_sweep_name(FILE *out, const cJSON *sweep)
{
    fprintf(out, "over %s", field_text(sweep, "axis"));
}

static int write_sweep(const struct target *target, const cJSON *sweep)
{
    struct text_stream text = {.text = NULL};
    int err = cJSON_GetArraySize(field(sweep, "findings")) > 0 ? gather(write_sweep_name, sweep, &text) : 0;

    if (err == 0 && text.length > 0) {
        fputc('\n', target->out);
        err = paragraph_titled(target->out, target->style, field_text(sweep, "workload"), text.text);
    }
    free(text.text);
    return err == 0 ? paragraph_findings(target->out, target->style, field(sweep, "findings")) : err;
}

static int write_end(const struct target *target)
{
    const cJSON *note;
    int err;

    fputc('\n', target->out);
    err = paragraph_findings(target->out, target->style, field(target->several, "findings"));
    cJSON_ArrayForEach(note, field(target->several, "notes")) {
        if (err == 0)
            err = paragraph_with_lead(target->out, target->style, COLOR_YELLOW, "note:", note->valuestring, INDENT);
    }
    return err;
}

int table_several_write(const cJSON *several, const struct report_style *style, FILE *out)
{
    struct target target = {.several = several, .style = style, .out = out};
    const cJSON *experiment, *sweep;
    int err = several_sums_up(several, style, &target.sums_up);

    if (err == 0)
        err = write_said(&target, COLOR_DIM, several_write_head, several);
    if (err == 0)
        err = write_facts(&target);
    cJSON_ArrayForEach(experiment, field(several, "experiments")) {
        if (err == 0)
            err = write_experiment(&target, experiment);
    }
    cJSON_ArrayForEach(sweep, field(several, "sweeps")) {
        if (err == 0)
            err = write_sweep(&target, sweep);
    }
    return err == 0 ? write_end(&target) : err;
}

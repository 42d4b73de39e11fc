// SPDX-License-Identifier: MIT
#include "reports/render/html_several.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/findings/several_facts.h"
#include "reports/render/html.h"
#include "reports/render/several_grid.h"
#include "reports/render/several_text.h"

static void say_head(FILE *out, const cJSON *several, const cJSON *about)
{
    several_write_head(out, several);
}

static void say_alike(FILE *out, const cJSON *several, const cJSON *about)
{
    several_write_alike(out, several);
}

static void say_fact(FILE *out, const cJSON *several, const cJSON *fact)
{
    fputs("Differs: ", out);
    several_write_fact(out, several, fact);
}

static void say_experiment(FILE *out, const cJSON *several, const cJSON *experiment)
{
    several_write_experiment(out, experiment);
}

static void say_legend(FILE *out, const cJSON *several, const cJSON *experiment)
{
    several_write_legend(out, experiment);
}

static int write_facts(FILE *out, const cJSON *several)
{
    const cJSON *fact;
    int err = html_said(out, "p", say_head, several, NULL);

    if (err == 0)
        err = html_list(out, field(several, "findings"));
    if (err == 0)
        err = html_said(out, "p", say_alike, several, NULL);
    cJSON_ArrayForEach(fact, field(several, "facts")) {
        if (err == 0 && !several_fact_is_alike(fact))
            err = html_said(out, "p", say_fact, several, fact);
    }
    return err;
}

static int write_figures(FILE *out, const cJSON *several, const cJSON *experiment, enum several_view view)
{
    const struct report_style wide = {.utf8 = true};
    struct grid grid;
    int err = several_grid(several, experiment, view, &wide, &grid);

    if (err == 0)
        err = html_grid(out, &grid, field_text(experiment, "workload"), NULL, NULL);
    grid_release(&grid);
    return err;
}

static int write_excuse(const char *text, void *data)
{
    return html_element(data, "p", text);
}

static int write_experiment(FILE *out, const cJSON *several, const cJSON *experiment, bool sums_up)
{
    int err;

    fputs("<section>\n", out);
    err = html_element(out, "h2", field_text(experiment, "workload"));
    if (err == 0)
        err = html_said(out, "p", say_experiment, several, experiment);
    if (err == 0)
        err = html_list(out, field(experiment, "findings"));
    if (err == 0)
        err = write_figures(out, several, experiment, sums_up ? SEVERAL_SUMMARY : SEVERAL_APART);
    if (err == 0)
        err = html_said(out, "p", say_legend, several, experiment);
    if (err == 0)
        err = several_each_excuse(several, experiment, write_excuse, out);
    if (err == 0 && sums_up) {
        err = html_details_begin(out, "Machine by machine");
        if (err == 0)
            err = write_figures(out, several, experiment, SEVERAL_BY_MACHINE);
        html_details_end(out);
    }
    fputs("</section>\n", out);
    return err;
}

static void say_sweep(FILE *out, const cJSON *several, const cJSON *sweep)
{
    fprintf(out, "%s, over %s", field_text(sweep, "workload"), field_text(sweep, "axis"));
}

static int write_sweep(FILE *out, const cJSON *several, const cJSON *sweep)
{
    int err = 0;

    if (cJSON_GetArraySize(field(sweep, "findings")) > 0)
        err = html_said(out, "h2", say_sweep, several, sweep);
    return err == 0 ? html_list(out, field(sweep, "findings")) : err;
}

int html_several_write(const cJSON *several, const struct report_style *style, FILE *out)
{
    const cJSON *experiment, *sweep;
    bool sums_up;
    int err = several_sums_up(several, style, &sums_up);

    if (err == 0)
        err = write_facts(out, several);
    cJSON_ArrayForEach(experiment, field(several, "experiments")) {
        if (err == 0)
            err = write_experiment(out, several, experiment, sums_up);
    }
    cJSON_ArrayForEach(sweep, field(several, "sweeps")) {
        if (err == 0)
            err = write_sweep(out, several, sweep);
    }
    return err == 0 ? html_list(out, field(several, "notes")) : err;
}

// SPDX-License-Identifier: MIT
#include "reports/render/several_text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "measure/base/units.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/document/several.h"
#include "reports/findings/several_facts.h"
#include "reports/findings/several_where.h"
#include "reports/findings/wording.h"
#include "reports/render/several_grid.h"

static void write_machine(FILE *out, const cJSON *machine)
{
    const char *host = field_text(machine, "host");

    fprintf(out, "%s (", field_text(machine, "label"));
    if (field(machine, "lost") != NULL) {
        fputs("no report)", out);
        return;
    }
    if (host != NULL && !field_is(machine, "label", host))
        fprintf(out, "%s, ", host);
    fprintf(out, "%s)", field_text(machine, "started"));
}

// The first and the last of times that are written alike.
static void write_span(FILE *out, const cJSON *machines)
{
    const char *first = NULL, *last = NULL;
    const cJSON *machine;

    cJSON_ArrayForEach(machine, machines) {
        const char *started = field_text(machine, "started");

        if (field(machine, "lost") != NULL)
            continue;
        first = first == NULL || strcmp(started, first) < 0 ? started : first;
        last = last == NULL || strcmp(started, last) > 0 ? started : last;
    }
    fprintf(out, "%s to %s", first != NULL ? first : "none", last != NULL ? last : "none");
}

void several_write_head(FILE *out, const cJSON *several)
{
    const cJSON *machines = field(several, "machines"), *machine;
    int n = cJSON_GetArraySize(machines), lost = 0;

    cJSON_ArrayForEach(machine, machines)
        lost += field(machine, "lost") != NULL;
    fprintf(out, "%d report%s, each by itself: ", n - lost, text_plural(n - lost));
    if (n >= SEVERAL_MANY) {
        write_span(out, machines);
        return;
    }
    cJSON_ArrayForEach(machine, machines) {
        fputs(machine == machines->child ? "" : ", ", out);
        write_machine(out, machine);
    }
}

// What is known of none is no news.
static bool is_worth_telling(const cJSON *fact)
{
    return several_fact_is_alike(fact) && field_text(field(fact, "values")->child, "value") != NULL;
}

void several_write_alike(FILE *out, const cJSON *several)
{
    const char *before = "alike: ";
    const cJSON *fact;

    cJSON_ArrayForEach(fact, field(several, "facts")) {
        if (!is_worth_telling(fact))
            continue;
        fputs(before, out);
        several_write_fact(out, several, fact);
        before = "; ";
    }
}

void several_write_experiment(FILE *out, const cJSON *experiment)
{
    double tasks = field_number(experiment, "tasks");
    const char *cpus = field_text(experiment, "cpus");
    char text[UNITS_TEXT];

    fprintf(out, "%s task%s", units_format_count(text, (uint64_t)tasks), text_plural(tasks));
    if (block_open_loop(experiment)) {
        fprintf(out, " arrive%s at ", tasks == 1 ? "s" : "");
        write_arrivals(out, experiment);
    }
    fprintf(out, "%s%s; %s%s in flight", tasks == 1 ? " that " : ", each ", field_text(experiment, "describe"),
            block_open_loop(experiment) ? "at most " : "",
            units_format_count(text, (uint64_t)field_number(experiment, "concurrency")));
    if (cpus != NULL)
        fprintf(out, "; on CPUs %s", cpus);
}

void several_write_legend(FILE *out, const cJSON *experiment)
{
    fputs(block_open_loop(experiment)
              ? "rank by each machine's own latency"
              : "rank, × its reference and share of its ideal: of each machine by itself, never of one against another",
          out);
}

// What stands in the place of figures, and who is asked about it.
struct excuse {
    const cJSON *several, *experiment;
    const char *name; // of a model; NULL: of the whole experiment
    const cJSON *places;
    int (*say)(const char *text, void *data);
    void *data;
};

static bool has_run(const cJSON *place)
{
    return cJSON_IsTrue(field(place, "ran"));
}

static bool is_excused(const struct excuse *excuse, const cJSON *place)
{
    return excuse->name != NULL ? !cell_ok(place) : !has_run(place);
}

static bool same_excuse(const struct excuse *excuse, const cJSON *a, const cJSON *b)
{
    const char *reason = field_text(b, "reason"), *status = field_text(b, "status");

    return is_excused(excuse, a) && reason != NULL && field_is(a, "reason", reason) &&
           (status == NULL || field_is(a, "status", status));
}

static int say_excuse(const struct excuse *excuse, const cJSON *place, const struct several_where *where)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    if (excuse->name != NULL)
        fprintf(text.out, "%s %s ", excuse->name, field_text(place, "status"));
    else
        fputs("nothing ", text.out);
    several_write_where(text.out, where, SEVERAL_YES);
    fprintf(text.out, ": %s", field_text(place, "reason"));
    err = text_stream_close(&text);
    if (err == 0)
        err = excuse->say(text.text, excuse->data);
    free(text.text);
    return err;
}

// Marks all that have the same excuse as a place; false where an earlier one has it, too.
static bool mark_alike(const struct excuse *excuse, const cJSON *place, signed char *told)
{
    const cJSON *other;
    bool earlier = true, first = true;
    size_t i = 0;

    cJSON_ArrayForEach(other, excuse->places) {
        earlier &= other != place;
        told[i] = same_excuse(excuse, other, place) ? SEVERAL_YES : SEVERAL_NO;
        first &= !(earlier && told[i] == SEVERAL_YES);
        i++;
    }
    return first;
}

static int say_excuses(const struct excuse *excuse)
{
    size_t n = (size_t)cJSON_GetArraySize(excuse->places);
    signed char *told = malloc(n + 1);
    const struct several_where where = {.machines = field(excuse->several, "machines"), .told = told, .n = n};
    const cJSON *place, *of_all = field(excuse->experiment, "places")->child;
    int err = told != NULL ? 0 : -ENOMEM;

    cJSON_ArrayForEach(place, excuse->places) {
        bool wanted = is_excused(excuse, place) && (excuse->name == NULL || has_run(of_all));

        of_all = of_all->next;
        if (err == 0 && wanted && mark_alike(excuse, place, told))
            err = say_excuse(excuse, place, &where);
    }
    free(told);
    return err;
}

int several_each_excuse(const cJSON *several, const cJSON *experiment, int (*say)(const char *text, void *data),
                        void *data)
{
    struct excuse excuse = {several, experiment, NULL, field(experiment, "places"), say, data};
    const cJSON *model;
    int err = say_excuses(&excuse);

    cJSON_ArrayForEach(model, field(experiment, "models")) {
        excuse.name = field_text(model, "model");
        excuse.places = field(model, "places");
        if (err == 0)
            err = say_excuses(&excuse);
    }
    return err;
}

int several_sums_up(const cJSON *several, const struct report_style *style, bool *ret_sums_up)
{
    const cJSON *experiment;
    int err = 0;

    *ret_sums_up = cJSON_GetArraySize(field(several, "machines")) >= SEVERAL_MANY;
    cJSON_ArrayForEach(experiment, field(several, "experiments")) {
        struct grid grid;

        if (err != 0 || *ret_sums_up || style->width == 0)
            continue;
        err = several_grid(several, experiment, SEVERAL_SIDE_BY_SIDE, style, &grid);
        *ret_sums_up = err == 0 && !grid_fits(&grid);
        grid_release(&grid);
    }
    return err;
}

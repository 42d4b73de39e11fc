// SPDX-License-Identifier: MIT
#include "reports/findings/several_sweeps.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "measure/base/json.h"
#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/document/sweep_view.h"
#include "reports/findings/falls_behind.h"
#include "reports/findings/families.h"
#include "reports/findings/ranking.h"
#include "reports/findings/verdicts.h"

static cJSON *make_place(bool ran, double cores)
{
    cJSON *place = cJSON_CreateObject();

    cJSON_AddBoolToObject(place, "ran", ran);
    json_add_number(place, "cores", ran && !isnan(cores), cores);
    return place;
}

static cJSON *make_model_place(bool told)
{
    cJSON *place = cJSON_CreateObject();

    cJSON_AddBoolToObject(place, "told", told);
    cJSON_AddNullToObject(place, "until");
    cJSON_AddNullToObject(place, "at");
    return place;
}

static cJSON *places_of(cJSON *object)
{
    return cJSON_GetObjectItemCaseSensitive(object, "places");
}

// Sweeps begin alike and go on by the same axis; how far each machine has gone is its own matter.
static bool is_same(const cJSON *sweep, const struct sweep_view *view, const char *workload)
{
    const cJSON *first = view->blocks[0];

    return field_is(sweep, "workload", workload) && sweep_axis_is(view, field_text(sweep, "axis")) &&
           field_number(sweep, "tasks") == field_number(first, "tasks") &&
           field_number(sweep, "concurrency") == field_number(first, "concurrency");
}

static cJSON *make_sweep(const struct sweep_view *view, const char *workload, size_t machine)
{
    cJSON *sweep = cJSON_CreateObject(), *places;

    cJSON_AddStringToObject(sweep, "workload", workload);
    cJSON_AddStringToObject(sweep, "axis", field_text(view->blocks[0], "sweep.axis"));
    cJSON_AddNumberToObject(sweep, "tasks", field_number(view->blocks[0], "tasks"));
    cJSON_AddNumberToObject(sweep, "concurrency", field_number(view->blocks[0], "concurrency"));
    places = cJSON_AddArrayToObject(sweep, "places");
    for (size_t i = 0; i < machine; i++)
        cJSON_AddItemToArray(places, make_place(false, NAN));
    cJSON_AddArrayToObject(sweep, "models");
    return sweep;
}

static cJSON *sweep_of(cJSON *several, const struct sweep_view *view, const char *workload, size_t machine)
{
    cJSON *sweeps = cJSON_GetObjectItemCaseSensitive(several, "sweeps"), *sweep;

    if (sweeps == NULL)
        sweeps = cJSON_AddArrayToObject(several, "sweeps");
    cJSON_ArrayForEach(sweep, sweeps) {
        if (is_same(sweep, view, workload))
            return sweep;
    }
    sweep = make_sweep(view, workload, machine);
    cJSON_AddItemToArray(sweeps, sweep);
    return sweep;
}

static cJSON *model_of(cJSON *sweep, const char *name, size_t machine)
{
    cJSON *models = cJSON_GetObjectItemCaseSensitive(sweep, "models"), *model, *places;

    cJSON_ArrayForEach(model, models) {
        if (field_is(model, "model", name))
            return model;
    }
    model = cJSON_CreateObject();
    cJSON_AddStringToObject(model, "model", name);
    places = cJSON_AddArrayToObject(model, "places");
    for (size_t i = 0; i < machine; i++)
        cJSON_AddItemToArray(places, make_model_place(false));
    cJSON_AddItemToArray(models, model);
    return model;
}

static int set_point(cJSON *place, const char *name, const struct sweep_view *view, size_t point)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    sweep_write_point(text.out, view, point);
    fputs(sweep_points_in_words(view), text.out);
    err = text_stream_close(&text);
    if (err == 0)
        json_set(place, name, cJSON_CreateString(text.text));
    free(text.text);
    return err;
}

// Whether there is anything to say of a model over that sweep.
static bool is_told(const struct verdicts *verdicts, size_t model)
{
    for (size_t point = 0; point < verdicts->view->points; point++) {
        const cJSON *cell = sweep_cell(verdicts->view, model, point);

        if (cell != NULL && ranking_in_question(verdicts->view->blocks[point], cell))
            return verdicts->compared;
    }
    return false;
}

static int add_model(cJSON *sweep, const struct verdicts *verdicts, size_t index, size_t machine)
{
    cJSON *places = places_of(model_of(sweep, sweep_model(verdicts->view, index), machine));
    cJSON *place = make_model_place(is_told(verdicts, index));
    struct fall fall;
    int err = 0;

    cJSON_AddItemToArray(places, place);
    if (falls_behind(verdicts, index, &fall)) {
        err = set_point(place, "until", verdicts->view, fall.until);
        if (err == 0)
            err = set_point(place, "at", verdicts->view, fall.at);
    }
    return err;
}

static int add_models(cJSON *sweep, const struct sweep_view *view, size_t machine)
{
    struct verdicts verdicts;
    int err = verdicts_open(view, &verdicts);

    for (size_t model = 0; err == 0 && model < verdicts.models; model++)
        err = add_model(sweep, &verdicts, model, machine);
    verdicts_release(&verdicts);
    return err;
}

static int add_view(cJSON *several, const struct sweep_view *view, size_t machine)
{
    double cores = sweep_axis_is(view, "cpus") ? NAN : field_number(view->blocks[0], "cores");
    struct text_stream name;
    cJSON *sweep;
    int err = text_stream_open(&name);

    if (err != 0)
        return err;
    sweep_write_workload(name.out, view);
    err = text_stream_close(&name);
    sweep = err == 0 ? sweep_of(several, view, name.text, machine) : NULL;
    free(name.text);
    // A second one that is the same in all that is known of it says no more.
    if (err != 0 || cJSON_GetArraySize(places_of(sweep)) > (int)machine)
        return err;
    cJSON_AddItemToArray(places_of(sweep), make_place(true, cores));
    return add_models(sweep, view, machine);
}

// Where languages have ranks of their own, there is no fastest of all.
static bool is_common(const struct sweep_view *view)
{
    return view->points > 0 && !families_apart(view->blocks[0]);
}

static void fill_up(cJSON *several, size_t machine)
{
    cJSON *sweep, *model;

    cJSON_ArrayForEach(sweep, cJSON_GetObjectItemCaseSensitive(several, "sweeps")) {
        if (cJSON_GetArraySize(places_of(sweep)) <= (int)machine)
            cJSON_AddItemToArray(places_of(sweep), make_place(false, NAN));
        cJSON_ArrayForEach(model, cJSON_GetObjectItemCaseSensitive(sweep, "models")) {
            if (cJSON_GetArraySize(places_of(model)) <= (int)machine)
                cJSON_AddItemToArray(places_of(model), make_model_place(false));
        }
    }
}

int several_add_sweeps(cJSON *several, const cJSON *report, size_t machine)
{
    const cJSON *block;
    int err = 0;

    cJSON_ArrayForEach(block, field(report, "workloads")) {
        struct sweep_view view;

        if (err != 0 || !(sweep_group(block) > 0) || !sweep_ends_with(block))
            continue;
        err = sweep_view_open(report, sweep_group(block), &view);
        if (err == 0 && is_common(&view))
            err = add_view(several, &view, machine);
        sweep_view_release(&view);
    }
    fill_up(several, machine);
    return err;
}

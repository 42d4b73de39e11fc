// SPDX-License-Identifier: MIT
#include "reports/findings/sweeps.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/json.h"
#include "measure/base/stats.h"
#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/document/sweep_view.h"
#include "reports/findings/crossovers.h"
#include "reports/findings/families.h"
#include "reports/findings/knees.h"

// The tasks that a memory trial can have had in flight, and the bytes they took; false where there are none.
static bool memory_point(const cJSON *cell, double *ret_tasks, double *ret_bytes)
{
    if (cell == NULL || !cell_competes(cell))
        return false;
    *ret_tasks = fmin(field_number(cell, "lanes"), field_number(cell, "memory.tasks"));
    *ret_bytes = field_number(cell, "memory.bytes");
    return !isnan(*ret_tasks) && !isnan(*ret_bytes);
}

// Bytes of one more task in flight: the slope of the line nearest to the points of a sweep over concurrency.
static int add_slope(cJSON *json, const struct sweep_view *view, size_t model)
{
    double *tasks = calloc(2 * view->points + 1, sizeof *tasks), *bytes = tasks + view->points;
    double slope = 0, r2 = 0;
    size_t n = 0;
    bool known;

    if (tasks == NULL)
        return -ENOMEM;
    for (size_t point = 0; point < view->points && sweep_axis_is(view, "concurrency"); point++)
        n += memory_point(sweep_cell(view, model, point), &tasks[n], &bytes[n]);
    known = stats_line(tasks, bytes, n, &slope, &r2);
    free(tasks);
    json_add_number(json, "memory_slope_bytes", known, slope);
    cJSON_AddNumberToObject(json, "memory_points", (double)n);
    json_add_number(json, "memory_r2", known, r2);
    return 0;
}

static int add_models(cJSON *sweep, const struct sweep_view *view)
{
    cJSON *models = cJSON_AddArrayToObject(sweep, "models");
    int err = 0;

    for (size_t model = 0; err == 0 && model < view->models; model++) {
        cJSON *json = cJSON_CreateObject();

        cJSON_AddItemToArray(models, json);
        cJSON_AddStringToObject(json, "model", sweep_model(view, model));
        err = add_slope(json, view, model);
        knee_describe(json, view, model);
    }
    return err;
}

static void add_values(cJSON *sweep, const struct sweep_view *view)
{
    cJSON *values = cJSON_AddArrayToObject(sweep, "values"), *labels = cJSON_AddArrayToObject(sweep, "labels");

    for (size_t point = 0; point < view->points; point++) {
        cJSON_AddItemToArray(values, cJSON_Duplicate(field(view->blocks[point], "sweep.value"), true));
        cJSON_AddItemToArray(labels, cJSON_CreateString(sweep_label(view, point)));
    }
}

static int add_workload(cJSON *sweep, const struct sweep_view *view)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err < 0)
        return err;
    sweep_write_workload(text.out, view);
    err = text_stream_close(&text);
    if (err == 0)
        cJSON_AddStringToObject(sweep, "workload", text.text);
    free(text.text);
    return err;
}

// What the view shows: knees, where it is over rates, and who overtakes whom. NULL: no memory.
static cJSON *say_view(const struct sweep_view *view)
{
    cJSON *all = cJSON_CreateArray(), *crossovers = crossovers_make(view);
    int err = crossovers != NULL ? knees_say(all, view) : -ENOMEM;

    while (err == 0 && cJSON_GetArraySize(crossovers) > 0)
        cJSON_AddItemToArray(all, cJSON_DetachItemFromArray(crossovers, 0));
    cJSON_Delete(crossovers);
    if (err == 0)
        return all;
    cJSON_Delete(all);
    return NULL;
}

// The document as if only models of that family had been run.
static cJSON *part_of(cJSON *document, const char *family)
{
    cJSON *part = cJSON_CreateObject(), *blocks, *item;

    cJSON_ArrayForEach(item, document) {
        if (strcmp(item->string, "workloads") != 0)
            cJSON_AddItemReferenceToObject(part, item->string, item);
    }
    blocks = cJSON_AddArrayToObject(part, "workloads");
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(document, "workloads"))
        cJSON_AddItemToArray(blocks, family_part(item, family));
    return part;
}

static int say_family(cJSON *document, double group, const char *family, cJSON *all)
{
    cJSON *part = part_of(document, family), *findings = NULL, *finding;
    struct sweep_view view;
    int err = sweep_view_open(part, group, &view);

    if (err == 0 && view.models > 0)
        findings = say_view(&view);
    cJSON_ArrayForEach(finding, findings)
        family_say(all, family, finding->valuestring);
    if (err == 0 && view.models > 0 && findings == NULL)
        err = -ENOMEM;
    sweep_view_release(&view);
    cJSON_Delete(findings);
    cJSON_Delete(part);
    return err;
}

// What follows from the whole sweep, or, where tasks compute, for each language on its own. NULL: no memory.
static cJSON *findings_of(cJSON *document, const struct sweep_view *view)
{
    const cJSON *families = field(view->blocks[0], "families"), *family;
    cJSON *findings;
    int err;

    if (families == NULL || families->child == NULL)
        return say_view(view);
    findings = cJSON_CreateArray();
    err = say_family(document, view->group, "", findings);
    cJSON_ArrayForEach(family, families) {
        if (err == 0)
            err = say_family(document, view->group, family->string, findings);
    }
    if (err == 0)
        return findings;
    cJSON_Delete(findings);
    return NULL;
}

static int fill(cJSON *sweep, cJSON *document, const struct sweep_view *view)
{
    cJSON *findings;
    int err;

    cJSON_AddNumberToObject(sweep, "group", view->group);
    err = add_workload(sweep, view);
    cJSON_AddStringToObject(sweep, "axis", field_text(view->blocks[0], "sweep.axis"));
    add_values(sweep, view);
    if (err == 0)
        err = add_models(sweep, view);
    findings = err == 0 ? findings_of(document, view) : NULL;
    if (findings == NULL)
        return -ENOMEM;
    cJSON_AddItemToObject(sweep, "findings", findings);
    return 0;
}

// In the place of an earlier one of the same group, or at the end.
static void put(cJSON *document, double group, cJSON *sweep)
{
    cJSON *sweeps = cJSON_GetObjectItemCaseSensitive(document, "sweeps"), *earlier;

    if (sweeps == NULL)
        sweeps = cJSON_AddArrayToObject(document, "sweeps");
    cJSON_ArrayForEach(earlier, sweeps) {
        if (field_number(earlier, "group") == group) {
            cJSON_ReplaceItemViaPointer(sweeps, earlier, sweep);
            return;
        }
    }
    cJSON_AddItemToArray(sweeps, sweep);
}

int summarise_sweep(cJSON *document, const cJSON *block)
{
    struct sweep_view view;
    int err = sweep_view_open(document, sweep_group(block), &view);

    if (err == 0 && view.points > 0) {
        cJSON *sweep = cJSON_CreateObject();

        err = fill(sweep, document, &view);
        if (err == 0)
            put(document, view.group, sweep);
        else
            cJSON_Delete(sweep);
    }
    sweep_view_release(&view);
    return err;
}

int summarise_sweeps(cJSON *document)
{
    const cJSON *block;
    int err = 0;

    // Whatever stood there: it is the blocks that say what they show. The name stays in its place.
    if (field(document, "sweeps") != NULL)
        json_set(document, "sweeps", cJSON_CreateArray());
    cJSON_ArrayForEach(block, field(document, "workloads")) {
        if (err == 0 && sweep_group(block) > 0 && sweep_ends_with(block))
            err = summarise_sweep(document, block);
    }
    if (err == 0 && cJSON_GetArraySize(field(document, "sweeps")) == 0)
        cJSON_DeleteItemFromObjectCaseSensitive(document, "sweeps");
    return err;
}

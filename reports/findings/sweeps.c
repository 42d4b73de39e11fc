// SPDX-License-Identifier: MIT
#include "reports/findings/sweeps.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "measure/base/stats.h"
#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/document/sweep_view.h"
#include "reports/findings/crossovers.h"

// The tasks that a memory trial can have had in flight, and the bytes they took; false where there are none.
static bool memory_point(const cJSON *cell, double *ret_tasks, double *ret_bytes)
{
    if (cell == NULL || !cell_competes(cell))
        return false;
    *ret_tasks = fmin(field_number(cell, "lanes"), field_number(cell, "memory.tasks"));
    *ret_bytes = field_number(cell, "memory.bytes");
    return !isnan(*ret_tasks) && !isnan(*ret_bytes);
}

static cJSON *number_or_null(bool known, double value)
{
    return known ? cJSON_CreateNumber(value) : cJSON_CreateNull();
}

// Bytes of one more task in flight: the slope of the line nearest to the points of a sweep over concurrency.
static int add_slope(cJSON *json, const struct sweep_view *view, size_t model)
{
    double *tasks = calloc(2 * view->points + 1, sizeof *tasks), *bytes = tasks + view->points;
    double slope = 0, r2 = 0;
    size_t n = 0;
    bool known;
    int err;

    if (tasks == NULL)
        return -ENOMEM;
    for (size_t point = 0; point < view->points && sweep_axis_is(view, "concurrency"); point++)
        n += memory_point(sweep_cell(view, model, point), &tasks[n], &bytes[n]);
    known = stats_line(tasks, bytes, n, &slope, &r2);
    free(tasks);
    err = field_set(json, "memory_slope_bytes", number_or_null(known, slope));
    if (err == 0)
        err = field_set(json, "memory_points", cJSON_CreateNumber((double)n));
    if (err == 0)
        err = field_set(json, "memory_r2", number_or_null(known, r2));
    return err;
}

static int add_models(cJSON *sweep, const struct sweep_view *view)
{
    cJSON *models = cJSON_AddArrayToObject(sweep, "models");
    int err = models != NULL ? 0 : -ENOMEM;

    for (size_t model = 0; err == 0 && model < view->models; model++) {
        cJSON *json = cJSON_CreateObject();

        if (!cJSON_AddItemToArray(models, json))
            return -ENOMEM;
        err = field_set(json, "model", cJSON_CreateString(sweep_model(view, model)));
        if (err == 0)
            err = add_slope(json, view, model);
    }
    return err;
}

static int add_values(cJSON *sweep, const struct sweep_view *view)
{
    cJSON *values = cJSON_AddArrayToObject(sweep, "values"), *labels = cJSON_AddArrayToObject(sweep, "labels");

    for (size_t point = 0; point < view->points; point++) {
        if (!cJSON_AddItemToArray(values, cJSON_Duplicate(field(view->blocks[point], "sweep.value"), true)) ||
            !cJSON_AddItemToArray(labels, cJSON_CreateString(sweep_label(view, point))))
            return -ENOMEM;
    }
    return 0;
}

static int add_workload(cJSON *sweep, const struct sweep_view *view)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    sweep_write_workload(text.out, view);
    err = text_stream_close(&text);
    if (err == 0)
        err = field_set(sweep, "workload", cJSON_CreateString(text.text));
    free(text.text);
    return err;
}

static int fill(cJSON *sweep, const struct sweep_view *view)
{
    int err = field_set(sweep, "group", cJSON_CreateNumber(view->group));

    if (err == 0)
        err = add_workload(sweep, view);
    if (err == 0)
        err = field_set(sweep, "axis", cJSON_CreateString(field_text(view->blocks[0], "sweep.axis")));
    if (err == 0)
        err = add_values(sweep, view);
    if (err == 0)
        err = add_models(sweep, view);
    return err == 0 ? field_set(sweep, "findings", crossovers_make(view)) : err;
}

// In the place of an earlier one of the same group, or at the end.
static int put(cJSON *document, double group, cJSON *sweep)
{
    cJSON *sweeps = cJSON_GetObjectItemCaseSensitive(document, "sweeps");
    int index = 0;

    if (sweeps == NULL && (sweeps = cJSON_AddArrayToObject(document, "sweeps")) == NULL) {
        cJSON_Delete(sweep);
        return -ENOMEM;
    }
    for (; index < cJSON_GetArraySize(sweeps); index++)
        if (field_number(cJSON_GetArrayItem(sweeps, index), "group") == group)
            break;
    if (index < cJSON_GetArraySize(sweeps) ? cJSON_ReplaceItemInArray(sweeps, index, sweep)
                                           : cJSON_AddItemToArray(sweeps, sweep))
        return 0;
    cJSON_Delete(sweep);
    return -ENOMEM;
}

int summarise_sweep(cJSON *document, const cJSON *block)
{
    struct sweep_view view;
    cJSON *sweep = NULL;
    int err = sweep_view_open(document, sweep_group(block), &view);

    if (err == 0 && view.points > 0) {
        sweep = cJSON_CreateObject();
        err = sweep != NULL ? fill(sweep, &view) : -ENOMEM;
        if (err == 0)
            err = put(document, view.group, sweep);
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
        err = field_set(document, "sweeps", cJSON_CreateArray());
    cJSON_ArrayForEach(block, field(document, "workloads")) {
        if (err == 0 && sweep_group(block) > 0 && sweep_ends_with(block))
            err = summarise_sweep(document, block);
    }
    if (err == 0 && cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(document, "sweeps")) == 0)
        cJSON_DeleteItemFromObjectCaseSensitive(document, "sweeps");
    return err;
}

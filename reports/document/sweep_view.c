// SPDX-License-Identifier: MIT
#include "reports/document/sweep_view.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/document/block.h"
#include "reports/document/fields.h"

double sweep_group(const cJSON *block)
{
    return field_number(block, "sweep.group");
}

bool sweep_ends_with(const cJSON *block)
{
    for (const cJSON *later = block->next; later != NULL; later = later->next)
        if (sweep_group(later) == sweep_group(block))
            return false;
    return true;
}

bool sweep_is_whole(const cJSON *document, double group)
{
    const cJSON *block, *last = NULL;

    cJSON_ArrayForEach(block, field(document, "workloads")) {
        if (sweep_group(block) == group)
            last = block;
    }
    return last != NULL && block_has_begun(last);
}

static int fill_cells(struct sweep_view *view)
{
    const cJSON *first = view->blocks[0], *cell;
    size_t model = 0;

    view->models = (size_t)cJSON_GetArraySize(field(first, "cells"));
    view->cells = calloc(view->models * view->points + 1, sizeof *view->cells);
    if (view->cells == NULL)
        return -ENOMEM;
    cJSON_ArrayForEach(cell, field(first, "cells")) {
        for (size_t point = 0; point < view->points; point++)
            view->cells[model * view->points + point] = block_cell(view->blocks[point], field_text(cell, "model"));
        model++;
    }
    return 0;
}

int sweep_view_open(const cJSON *document, double group, struct sweep_view *ret_view)
{
    const cJSON *block, *workloads = field(document, "workloads");

    *ret_view = (struct sweep_view){.document = document, .group = group};
    ret_view->blocks = calloc((size_t)cJSON_GetArraySize(workloads) + 1, sizeof *ret_view->blocks);
    if (ret_view->blocks == NULL)
        return -ENOMEM;
    cJSON_ArrayForEach(block, workloads) {
        if (sweep_group(block) == group && block_has_begun(block))
            ret_view->blocks[ret_view->points++] = block;
    }
    return ret_view->points > 0 ? fill_cells(ret_view) : 0;
}

void sweep_view_release(struct sweep_view *view)
{
    free(view->blocks);
    free(view->cells);
    *view = (struct sweep_view){.points = 0};
}

const cJSON *sweep_cell(const struct sweep_view *view, size_t model, size_t point)
{
    return view->cells[model * view->points + point];
}

const char *sweep_model(const struct sweep_view *view, size_t model)
{
    return field_text(sweep_cell(view, model, 0), "model");
}

const char *sweep_label(const struct sweep_view *view, size_t point)
{
    return field_text(view->blocks[point], "sweep.label");
}

bool sweep_axis_is(const struct sweep_view *view, const char *axis)
{
    return view->points > 0 && field_is(view->blocks[0], "sweep.axis", axis);
}

void sweep_write_workload(FILE *out, const struct sweep_view *view)
{
    const char *text = field_text(view->blocks[0], "workload"), *label = sweep_label(view, 0);
    const char *argument = strchr(text, ':');
    size_t length = strlen(label);

    if (!sweep_axis_is(view, "argument") || argument == NULL || strncmp(argument + 1, label, length) != 0)
        fputs(text, out);
    else
        fprintf(out, "%.*s%s", (int)(argument - text), text, argument + 1 + length);
}

void sweep_write_point(FILE *out, const struct sweep_view *view, size_t point)
{
    if (sweep_axis_is(view, "argument"))
        fputs(field_text(view->blocks[point], "workload"), out);
    else
        fprintf(out, "%s%s", sweep_axis_is(view, "cpus") ? "CPUs " : "", sweep_label(view, point));
}

const char *sweep_points_in_words(const struct sweep_view *view)
{
    return sweep_axis_is(view, "concurrency") ? " in flight" : sweep_axis_is(view, "tasks") ? " tasks" : "";
}

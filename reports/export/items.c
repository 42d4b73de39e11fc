// SPDX-License-Identifier: MIT
#include "reports/export/items.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/stats.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/export/name.h"

static bool is_taken(const struct export_items *items, const char *name)
{
    for (size_t i = 0; i < items->n; i++)
        if (strcmp(items->items[i].name, name) == 0)
            return true;
    return false;
}

// The name, with "/again=2" behind it where another item has it.
static char *make_name(const struct export_items *items, const struct export_item *item, enum export_names names)
{
    char *name = NULL;

    for (unsigned time = 1; name == NULL; time++) {
        name = export_name(item, names, time);
        if (name == NULL)
            return NULL;
        if (is_taken(items, name)) {
            free(name);
            name = NULL;
        }
    }
    return name;
}

static int add_item(struct export_items *items, struct export_item item, enum export_names names)
{
    struct export_item *larger = realloc(items->items, (items->n + 1) * sizeof *larger);

    if (larger == NULL)
        return -ENOMEM;
    items->items = larger;
    item.name = make_name(items, &item, names);
    if (item.name == NULL)
        return -ENOMEM;
    larger[items->n++] = item;
    return 0;
}

static int add_cell(struct export_items *items, const cJSON *block, const cJSON *cell, enum export_names names)
{
    struct export_item item = {.block = block, .cell = cell, .index = -1};
    const cJSON *class;
    int err;

    // Of a capacity that was searched for, samples are of a rate that is another in each run.
    if (!cell_ok(cell) || block_is_searched(block))
        return 0;
    err = add_item(items, item, names);
    cJSON_ArrayForEach(class, field(cell, "summary.classes")) {
        item.index++;
        item.class_name = field_text(class, "name");
        if (err == 0 && item.class_name != NULL)
            err = add_item(items, item, names);
    }
    return err;
}

int export_items_make(const cJSON *document, enum export_names names, struct export_items *ret_items)
{
    const cJSON *block, *cell;
    int err = 0;

    *ret_items = (struct export_items){.n = 0};
    cJSON_ArrayForEach(block, field(document, "workloads")) {
        cJSON_ArrayForEach(cell, field(block, "cells")) {
            if (err == 0)
                err = add_cell(ret_items, block, cell, names);
        }
    }
    return err;
}

void export_items_release(struct export_items *items)
{
    for (size_t i = 0; i < items->n; i++)
        free(items->items[i].name);
    free(items->items);
}

bool export_by_latency(const struct export_item *item)
{
    return item->index >= 0 || block_open_loop(item->block);
}

enum metric_id export_first(const struct export_item *item)
{
    return export_by_latency(item) ? METRIC_latency_p50_ns : METRIC_wall_ns;
}

double export_of_sample(const struct export_item *item, const cJSON *sample, enum metric_id id)
{
    const struct metric *metric = &metric_table[id];
    const cJSON *object = item->index < 0 ? sample : cJSON_GetArrayItem(field(sample, "classes"), item->index);

    if (metric->numerator == NULL || metric->from_memory)
        return NAN;
    return metric_of(metric, object);
}

size_t export_values(const struct export_item *item, enum metric_id id, double *values)
{
    const cJSON *sample;
    size_t n = 0;

    cJSON_ArrayForEach(sample, field(item->cell, "samples")) {
        double value = export_of_sample(item, sample, id);

        if (!isnan(value))
            values[n++] = value;
    }
    return n;
}

// Of what no summary has.
static double summarise(const struct export_item *item, enum metric_id id, double *ret_low, double *ret_high)
{
    double *values = calloc(sample_count(item->cell) + 1, sizeof *values);
    size_t n = values != NULL ? export_values(item, id, values) : 0;
    struct stats_summary summary = {.median = NAN};

    if (n > 0 && stats_summarise(values, n, &summary) == 0 && summary.interval) {
        *ret_low = summary.low;
        *ret_high = summary.high;
    }
    free(values);
    return summary.median;
}

double export_figure(const struct export_item *item, enum metric_id id, double *ret_low, double *ret_high)
{
    const struct metric *metric = &metric_table[id];
    const cJSON *summary = field(item->cell, "summary"), *statistic;

    *ret_low = *ret_high = NAN;
    if (metric->from_memory)
        return item->index < 0 ? metric_of_cell(metric, item->cell) : NAN;
    if (metric->of == 0)
        return summarise(item, id, ret_low, ret_high);
    if (item->index >= 0)
        summary = cJSON_GetArrayItem(field(summary, "classes"), item->index);
    statistic = metric_statistic(metric, summary);
    *ret_low = field_number(statistic, "low");
    *ret_high = field_number(statistic, "high");
    return field_number(statistic, "median");
}

enum metric_id export_followed(const struct export_item *item, size_t at)
{
    static const enum metric_id closed[] = {
        METRIC_wall_ns,      METRIC_throughput_per_s, METRIC_cpu_per_task_ns,        METRIC_latency_p99_ns,
        METRIC_memory_bytes, METRIC_lost_share,       METRIC_server_cpu_per_task_ns, METRICS_COUNT,
    };
    static const enum metric_id open[] = {
        METRIC_latency_p50_ns, METRIC_latency_p99_ns,         METRIC_reached_per_s, METRIC_cpu_per_task_ns,
        METRIC_memory_bytes,   METRIC_server_cpu_per_task_ns, METRICS_COUNT,
    };
    static const enum metric_id of_class[] = {METRIC_latency_p50_ns, METRIC_latency_p99_ns, METRICS_COUNT};

    if (item->index >= 0)
        return of_class[at];
    return block_open_loop(item->block) ? open[at] : closed[at];
}

const char *export_unit(enum metric_id id)
{
    switch (metric_table[id].unit) {
    case METRIC_NS:
        return "ns";
    case METRIC_BYTES:
        return "bytes";
    case METRIC_PER_S:
        return "tasks/s";
    default:
        return "share";
    }
}

// SPDX-License-Identifier: MIT
// Bencher Metric Format (bencher.dev/docs/reference/bencher-metric-format): medians with their intervals.
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "reports/export/items.h"
#include "reports/export/number.h"
#include "reports/format.h"

// A measure's slug: the metric's name in a summary, with hyphens.
static void make_slug(const struct metric *metric, char *ret_slug, size_t size)
{
    snprintf(ret_slug, size, "%s", metric->name);
    for (char *c = ret_slug; *c != '\0'; c++)
        if (*c == '_')
            *c = '-';
}

static void add_measure(cJSON *benchmark, const struct export_item *item, enum metric_id id)
{
    double low, high, value = export_figure(item, id, &low, &high);
    char slug[64];
    cJSON *measure;

    if (isnan(value))
        return;
    make_slug(&metric_table[id], slug, sizeof slug);
    measure = cJSON_AddObjectToObject(benchmark, slug);
    cJSON_AddNumberToObject(measure, "value", value);
    if (isnan(low) || isnan(high))
        return;
    cJSON_AddNumberToObject(measure, "lower_value", low);
    cJSON_AddNumberToObject(measure, "upper_value", high);
}

static int bmf_end(const cJSON *document, const struct report_style *style, FILE *out)
{
    struct export_items items;
    int err = export_items_make(document, EXPORT_NAMES_PLAIN, &items);
    cJSON *benchmarks = cJSON_CreateObject();

    for (size_t i = 0; err == 0 && i < items.n; i++) {
        cJSON *benchmark = cJSON_AddObjectToObject(benchmarks, items.items[i].name);
        enum metric_id id;

        for (size_t at = 0; (id = export_followed(&items.items[i], at)) != METRICS_COUNT; at++)
            add_measure(benchmark, &items.items[i], id);
    }
    if (err == 0)
        err = export_write_json(out, benchmarks);
    cJSON_Delete(benchmarks);
    export_items_release(&items);
    return err;
}

const struct report_format report_format_bmf = {
    .name = "bmf",
    .suffix = "bmf.json",
    .summary = "Bencher Metric Format: medians and intervals of a report",
    .end = bmf_end,
};

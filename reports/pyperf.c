// SPDX-License-Identifier: MIT
// pyperf's JSON, version 1.0 (pyperf.readthedocs.io): a benchmark for each cell, a run for each of its trials, which is a
// process of its own there as here, with one value in seconds.
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "measure/base/clock.h"
#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/export/items.h"
#include "reports/export/marks.h"
#include "reports/export/number.h"
#include "reports/format.h"

// pyperf refuses empty texts and those with a line break.
static int add_text(cJSON *metadata, const char *name, const char *text)
{
    char *clean;

    if (text == NULL || text[0] == '\0')
        return 0;
    clean = text_clean(text, true);
    if (clean == NULL)
        return -ENOMEM;
    cJSON_AddStringToObject(metadata, name, clean);
    free(clean);
    return 0;
}

static int add_common(cJSON *metadata, const cJSON *document)
{
    char *marks = export_marks(document, NULL);
    int err = marks != NULL ? add_text(metadata, "ccbench_marks", marks) : -ENOMEM;

    cJSON_AddStringToObject(metadata, "unit", "second");
    if (field(document, "environment.cpu.allowed_count") != NULL)
        cJSON_AddNumberToObject(metadata, "cpu_count", field_number(document, "environment.cpu.allowed_count"));
    if (err == 0)
        err = add_text(metadata, "cpu_model_name", field_text(document, "environment.cpu.model"));
    if (err == 0)
        err = add_text(metadata, "hostname", field_text(document, "environment.host"));
    if (err == 0)
        err = add_text(metadata, "platform", field_text(document, "environment.kernel"));
    if (err == 0)
        err = add_text(metadata, "ccbench_version", field_text(document, "ccbench.version"));
    free(marks);
    return err;
}

// When the trial began: "2026-11-20 12:00:01".
static void add_date(cJSON *metadata, const cJSON *document, const cJSON *sample)
{
    double start_ns = field_number(sample, "start_ns");
    const char *started = field_text(document, "started");
    struct tm broken = {.tm_year = 0};
    char date[32];
    time_t seconds;

    if (started == NULL || isnan(start_ns) || strptime(started, "%Y-%m-%dT%H:%M:%SZ", &broken) == NULL)
        return;
    seconds = timegm(&broken) + (time_t)(start_ns / (double)NS_PER_S);
    if (gmtime_r(&seconds, &broken) != NULL && strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &broken) > 0)
        cJSON_AddStringToObject(metadata, "date", date);
}

static void add_run(cJSON *runs, const cJSON *document, const cJSON *sample, double ns)
{
    cJSON *run = cJSON_CreateObject(), *values = cJSON_AddArrayToObject(run, "values"), *metadata;
    double peak_bytes = field_number(sample, "peak_rss_bytes");

    cJSON_AddItemToArray(runs, run);
    cJSON_AddItemToArray(values, cJSON_CreateNumber(ns / (double)NS_PER_S));
    metadata = cJSON_AddObjectToObject(run, "metadata");
    add_date(metadata, document, sample);
    cJSON_AddNumberToObject(metadata, "duration", field_number(sample, "wall_ns") / (double)NS_PER_S);
    if (peak_bytes >= 0)
        cJSON_AddNumberToObject(metadata, "mem_max_rss", peak_bytes);
}

// The runs that have the metric; NULL where there are none, or a value is not above 0, which pyperf refuses.
static cJSON *make_runs(const cJSON *document, const struct export_item *item, enum metric_id id)
{
    cJSON *runs = cJSON_CreateArray();
    const cJSON *sample;
    bool fit = true;

    cJSON_ArrayForEach(sample, field(item->cell, "samples")) {
        double ns = export_of_sample(item, sample, id);

        if (isnan(ns))
            continue;
        fit = fit && ns > 0;
        add_run(runs, document, sample, ns);
    }
    if (fit && cJSON_GetArraySize(runs) > 0)
        return runs;
    cJSON_Delete(runs);
    return NULL;
}

static int add_benchmark(cJSON *benchmarks, const cJSON *document, const struct export_item *item, enum metric_id id,
                         const char *behind)
{
    cJSON *runs = make_runs(document, item, id), *benchmark, *metadata;
    char *name;
    int err;

    if (runs == NULL)
        return 0;
    benchmark = cJSON_CreateObject();
    cJSON_AddItemToArray(benchmarks, benchmark);
    metadata = cJSON_AddObjectToObject(benchmark, "metadata");
    cJSON_AddItemToObject(benchmark, "runs", runs);
    if (asprintf(&name, "%s%s", item->name, behind) < 0)
        return -ENOMEM;
    err = add_text(metadata, "name", name);
    free(name);
    return err == 0 ? add_text(metadata, "description", field_text(item->block, "describe")) : err;
}

static int add_item(cJSON *benchmarks, const cJSON *document, const struct export_item *item)
{
    int err;

    if (!export_by_latency(item))
        return add_benchmark(benchmarks, document, item, METRIC_wall_ns, "");
    err = add_benchmark(benchmarks, document, item, METRIC_latency_p50_ns, "/latency=p50");
    return err == 0 ? add_benchmark(benchmarks, document, item, METRIC_latency_p99_ns, "/latency=p99") : err;
}

static int pyperf_end(const cJSON *document, const struct report_style *style, FILE *out)
{
    cJSON *root = cJSON_CreateObject(), *benchmarks;
    struct export_items items;
    int err = export_items_make(document, EXPORT_NAMES_PLAIN, &items);

    cJSON_AddStringToObject(root, "version", "1.0");
    if (err == 0)
        err = add_common(cJSON_AddObjectToObject(root, "metadata"), document);
    benchmarks = cJSON_AddArrayToObject(root, "benchmarks");
    for (size_t i = 0; err == 0 && i < items.n; i++)
        err = add_item(benchmarks, document, &items.items[i]);
    if (err == 0)
        err = export_write_json(out, root);
    cJSON_Delete(root);
    export_items_release(&items);
    return err;
}

const struct report_format report_format_pyperf = {
    .name = "pyperf",
    .suffix = "pyperf.json",
    .summary = "pyperf's JSON, a run for each sample",
    .end = pyperf_end,
};

// SPDX-License-Identifier: MIT
// Google Benchmark's JSON, as --benchmark_format=json prints it: a repetition for each sample, then their mean, median and
// standard deviation. An iteration is a trial of all tasks; where the time of that says nothing, a task.
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/stats.h"
#include "reports/document/fields.h"
#include "reports/export/items.h"
#include "reports/export/marks.h"
#include "reports/export/number.h"
#include "reports/format.h"

static void add_caches(cJSON *context, const cJSON *caches)
{
    cJSON *array = cJSON_AddArrayToObject(context, "caches"), *item;
    const cJSON *cache;

    cJSON_ArrayForEach(cache, caches) {
        const char *type = field_text(cache, "type");

        item = cJSON_CreateObject();
        cJSON_AddItemToArray(array, item);
        cJSON_AddStringToObject(item, "type", type != NULL ? type : "");
        cJSON_AddNumberToObject(item, "level", fmax(field_number(cache, "level"), 0));
        cJSON_AddNumberToObject(item, "size", fmax(field_number(cache, "size_bytes"), 0));
    }
}

static int add_context(cJSON *root, const cJSON *document)
{
    cJSON *context = cJSON_AddObjectToObject(root, "context");
    const char *governor = field_text(document, "environment.cpu.governor");
    const cJSON *load = field(document, "environment.before.load");
    bool release = field_is(document, "ccbench.build_type", "release") &&
                   field_text(document, "ccbench.sanitizer") == NULL;
    char *marks = export_marks(document, NULL);

    if (marks == NULL)
        return -ENOMEM;
    cJSON_AddStringToObject(context, "date", field_text(document, "started"));
    if (field_text(document, "environment.host") != NULL)
        cJSON_AddStringToObject(context, "host_name", field_text(document, "environment.host"));
    cJSON_AddStringToObject(context, "executable", "ccbench");
    cJSON_AddNumberToObject(context, "num_cpus", field_number(document, "environment.cpu.allowed_count"));
    cJSON_AddBoolToObject(context, "cpu_scaling_enabled", governor != NULL && strcmp(governor, "performance") != 0);
    add_caches(context, field(document, "environment.cpu.caches"));
    cJSON_AddItemToObject(context, "load_avg", load != NULL ? cJSON_Duplicate(load, true) : cJSON_CreateArray());
    cJSON_AddStringToObject(context, "library_build_type", release ? "release" : "debug");
    cJSON_AddStringToObject(context, "ccbench_version", field_text(document, "ccbench.version"));
    if (marks[0] != '\0')
        cJSON_AddStringToObject(context, "ccbench_marks", marks);
    free(marks);
    return 0;
}

static void add_figure(cJSON *figures, const char *name, double value)
{
    if (!isnan(value))
        cJSON_AddNumberToObject(figures, name, value);
}

// Classes are counters of their cell: a repetition has a CPU time, and a class has none.
static int add_class_figures(cJSON *figures, const struct export_item *item, const cJSON *sample)
{
    enum metric_id id;

    for (size_t at = 0; (id = export_followed(item, at)) != METRICS_COUNT; at++) {
        char *name;

        if (asprintf(&name, "class.%s.%s", item->class_name, metric_table[id].name) < 0)
            return -ENOMEM;
        add_figure(figures, name, export_of_sample(item, sample, id));
        free(name);
    }
    return 0;
}

// What was measured in one repetition, by its name.
static cJSON *make_figures(const struct export_item *item, const cJSON *sample)
{
    static const enum metric_id counters[] = {METRIC_latency_p50_ns,         METRIC_latency_p99_ns,
                                              METRIC_latency_max_ns,         METRIC_cpu_per_task_ns,
                                              METRIC_server_cpu_per_task_ns, METRIC_lost_share};
    bool by_latency = export_by_latency(item);
    cJSON *figures = cJSON_CreateObject();

    add_figure(figures, "real_time", export_of_sample(item, sample, export_first(item)));
    add_figure(figures, "cpu_time",
               export_of_sample(item, sample, by_latency ? METRIC_cpu_per_task_ns : METRIC_cpu_ns));
    add_figure(figures, "items_per_second",
               export_of_sample(item, sample, by_latency ? METRIC_reached_per_s : METRIC_throughput_per_s));
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        add_figure(figures, metric_table[counters[i]].name, export_of_sample(item, sample, counters[i]));
    return figures;
}

// The samples of a cell, as repetitions of one benchmark.
struct family {
    const struct export_item *item;
    int index;
    cJSON *figures; // of each repetition, an array
};

// What all entries begin with, in the order of the real ones.
static cJSON *begin_entry(const struct family *family, const char *name, const char *run_type)
{
    cJSON *entry = cJSON_CreateObject();

    cJSON_AddStringToObject(entry, "name", name);
    cJSON_AddNumberToObject(entry, "family_index", family->index);
    cJSON_AddNumberToObject(entry, "per_family_instance_index", 0);
    cJSON_AddStringToObject(entry, "run_name", family->item->name);
    cJSON_AddStringToObject(entry, "run_type", run_type);
    cJSON_AddNumberToObject(entry, "repetitions", cJSON_GetArraySize(family->figures));
    return entry;
}

// And end with: the times, their unit, then the counters.
static void end_entry(cJSON *entry, double iterations, const cJSON *figures)
{
    const cJSON *figure;

    cJSON_AddNumberToObject(entry, "iterations", iterations);
    add_figure(entry, "real_time", field_number(figures, "real_time"));
    add_figure(entry, "cpu_time", field_number(figures, "cpu_time"));
    cJSON_AddStringToObject(entry, "time_unit", "ns");
    cJSON_ArrayForEach(figure, figures) {
        if (cJSON_GetObjectItemCaseSensitive(entry, figure->string) == NULL)
            cJSON_AddNumberToObject(entry, figure->string, figure->valuedouble);
    }
}

static void add_repetitions(cJSON *benchmarks, const struct family *family)
{
    double iterations = export_by_latency(family->item) ? field_number(family->item->block, "tasks") : 1;
    const cJSON *figures;
    int index = 0;

    cJSON_ArrayForEach(figures, family->figures) {
        cJSON *entry = begin_entry(family, family->item->name, "iteration");

        cJSON_AddItemToArray(benchmarks, entry);
        cJSON_AddNumberToObject(entry, "repetition_index", index++);
        cJSON_AddNumberToObject(entry, "threads", 1);
        end_entry(entry, iterations, figures);
    }
}

static double mean_of(const struct stats_summary *summary)
{
    return summary->mean;
}

static double median_of(const struct stats_summary *summary)
{
    return summary->median;
}

static double deviation_of(const struct stats_summary *summary)
{
    return summary->sd;
}

static const struct aggregate {
    const char *name;
    double (*of)(const struct stats_summary *summary);
} aggregates[] = {{"mean", mean_of}, {"median", median_of}, {"stddev", deviation_of}};

// Of the figure of that name over all repetitions that have it; NAN where there is no memory.
static double aggregate_figure(const struct family *family, const char *name, const struct aggregate *aggregate)
{
    double *values = calloc((size_t)cJSON_GetArraySize(family->figures), sizeof *values);
    struct stats_summary summary;
    const cJSON *figures;
    double value = NAN;
    size_t n = 0;

    cJSON_ArrayForEach(figures, family->figures) {
        const cJSON *figure = cJSON_GetObjectItemCaseSensitive(figures, name);

        if (values != NULL && figure != NULL)
            values[n++] = figure->valuedouble;
    }
    if (n > 0 && stats_summarise(values, n, &summary) == 0)
        value = aggregate->of(&summary);
    free(values);
    return value;
}

static int add_aggregate(cJSON *benchmarks, const struct family *family, const struct aggregate *aggregate)
{
    cJSON *entry, *figures;
    const cJSON *figure;
    char *name;

    if (asprintf(&name, "%s_%s", family->item->name, aggregate->name) < 0)
        return -ENOMEM;
    entry = begin_entry(family, name, "aggregate");
    figures = cJSON_CreateObject();
    free(name);
    cJSON_AddItemToArray(benchmarks, entry);
    cJSON_AddNumberToObject(entry, "threads", 1);
    cJSON_AddStringToObject(entry, "aggregate_name", aggregate->name);
    cJSON_AddStringToObject(entry, "aggregate_unit", "time");
    cJSON_ArrayForEach(figure, family->figures->child)
        add_figure(figures, figure->string, aggregate_figure(family, figure->string, aggregate));
    end_entry(entry, cJSON_GetArraySize(family->figures), figures);
    cJSON_Delete(figures);
    return 0;
}

// A cell and the classes behind it.
static int add_cell(cJSON *benchmarks, const struct export_items *items, size_t at, int index)
{
    struct family family = {.item = &items->items[at], .index = index, .figures = cJSON_CreateArray()};
    const cJSON *sample;
    int err = 0;

    cJSON_ArrayForEach(sample, field(family.item->cell, "samples")) {
        cJSON *figures = make_figures(family.item, sample);

        cJSON_AddItemToArray(family.figures, figures);
        for (size_t i = at + 1; err == 0 && i < items->n && items->items[i].index >= 0; i++)
            err = add_class_figures(figures, &items->items[i], sample);
    }
    add_repetitions(benchmarks, &family);
    for (size_t i = 0; err == 0 && cJSON_GetArraySize(family.figures) > 1 && i < sizeof aggregates / sizeof *aggregates;
         i++)
        err = add_aggregate(benchmarks, &family, &aggregates[i]);
    cJSON_Delete(family.figures);
    return err;
}

static int add_benchmarks(cJSON *root, const cJSON *document)
{
    cJSON *benchmarks = cJSON_AddArrayToObject(root, "benchmarks");
    struct export_items items;
    int err = export_items_make(document, EXPORT_NAMES_PLAIN, &items), index = 0;

    for (size_t i = 0; err == 0 && i < items.n; i++)
        if (items.items[i].index < 0)
            err = add_cell(benchmarks, &items, i, index++);
    export_items_release(&items);
    return err;
}

static int gbench_end(const cJSON *document, const struct report_style *style, FILE *out)
{
    cJSON *root = cJSON_CreateObject();
    int err = add_context(root, document);

    if (err == 0)
        err = add_benchmarks(root, document);
    if (err == 0)
        err = export_write_json(out, root);
    cJSON_Delete(root);
    return err;
}

const struct report_format report_format_gbench = {
    .name = "gbench",
    .suffix = "gbench.json",
    .summary = "Google Benchmark's JSON, a repetition for each sample",
    .end = gbench_end,
};

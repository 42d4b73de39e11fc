// SPDX-License-Identifier: MIT
// Go's benchmark text (golang.org/design/14313-benchmark-format), for benchstat: a line for each sample. An operation is a
// task: time per task is that of the trial by the number of its tasks, or, where that says nothing, a task's latency.
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/export/items.h"
#include "reports/export/marks.h"
#include "reports/export/number.h"
#include "reports/format.h"

struct gobench_unit {
    enum metric_id id;
    const char *unit;
};

// What Go calls the machine that ends the kernel's name ("Linux 6.1.0 x86_64").
static const char *architecture(const cJSON *document)
{
    static const char *const names[][2] = {
        {"x86_64", "amd64"}, {"aarch64", "arm64"}, {"i686", "386"}, {"armv7l", "arm"}};
    const char *kernel = field_text(document, "environment.kernel");
    const char *machine = kernel != NULL ? strrchr(kernel, ' ') : NULL;

    if (machine == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(machine + 1, names[i][0]) == 0)
            return names[i][1];
    return machine + 1;
}

// "key: value", where there is a value.
static int write_setting(FILE *out, const char *key, const char *value)
{
    char *clean = value != NULL && value[0] != '\0' ? text_clean(value, true) : NULL;

    if (value == NULL || value[0] == '\0')
        return 0;
    if (clean == NULL)
        return -ENOMEM;
    fprintf(out, "%s: %s\n", key, clean);
    free(clean);
    return 0;
}

static int gobench_begin(const cJSON *document, FILE *out)
{
    char *marks = export_marks(document, NULL);
    int err = marks != NULL ? write_setting(out, "goos", "linux") : -ENOMEM;

    if (err == 0)
        err = write_setting(out, "goarch", architecture(document));
    if (err == 0)
        err = write_setting(out, "pkg", "ccbench");
    if (err == 0)
        err = write_setting(out, "cpu", field_text(document, "environment.cpu.model"));
    if (err == 0)
        err = write_setting(out, "ccbench-marks", marks);
    free(marks);
    return err;
}

static void write_value(FILE *out, double value, const char *unit)
{
    if (isnan(value))
        return;
    fputc(' ', out);
    export_write_number(out, value);
    fprintf(out, " %s", unit);
}

static double tasks_of(const struct export_item *item, const cJSON *sample)
{
    return field_number(item->index < 0 ? sample : cJSON_GetArrayItem(field(sample, "classes"), item->index), "tasks");
}

static void write_sample(FILE *out, const struct export_item *item, const cJSON *sample)
{
    static const struct gobench_unit units[] = {
        {METRIC_cpu_per_task_ns, "cpu-ns/op"},  {METRIC_latency_p50_ns, "p50-ns/op"},
        {METRIC_latency_p99_ns, "p99-ns/op"},   {METRIC_latency_max_ns, "max-ns/op"},
        {METRIC_reached_per_s, "reached-op/s"}, {METRIC_server_cpu_per_task_ns, "server-cpu-ns/op"},
        {METRIC_lost_share, "lost/update"},
    };
    double tasks = tasks_of(item, sample), first = export_of_sample(item, sample, export_first(item));
    double cores = ceil(field_number(item->block, "cores"));

    if (isnan(first) || !(tasks >= 1))
        return;
    fprintf(out, "BenchmarkCcbench/%s-%.0f ", item->name, cores >= 1 ? cores : 1);
    export_write_number(out, tasks);
    write_value(out, export_by_latency(item) ? first : first / tasks, "ns/op");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (units[i].id != export_first(item))
            write_value(out, export_of_sample(item, sample, units[i].id), units[i].unit);
    fputc('\n', out);
}

static int gobench_end(const cJSON *document, const struct report_style *style, FILE *out)
{
    struct export_items items;
    int err = export_items_make(document, EXPORT_NAMES_GO, &items);
    const cJSON *sample;

    if (err == 0)
        err = gobench_begin(document, out);
    for (size_t i = 0; err == 0 && i < items.n; i++) {
        cJSON_ArrayForEach(sample, field(items.items[i].cell, "samples"))
            write_sample(out, &items.items[i], sample);
    }
    export_items_release(&items);
    return err;
}

const struct report_format report_format_gobench = {
    .name = "gobench",
    .suffix = "go.txt",
    .summary = "Go's benchmark text, a line for each sample, for benchstat",
    .end = gobench_end,
};

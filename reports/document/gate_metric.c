// SPDX-License-Identifier: MIT
#include "reports/document/gate_metric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/document/fields.h"

// Growth of memory below some tens of KiB is an accident of the allocator, and may be none at all.
#define LEAST_BYTES 65536

const struct gate_metric gate_metrics[] = {
    {.name = "time", .label = "time", .unit = UNIT_NS, .better = "faster", .numerator = "wall_ns", .factor = 1},
    {.name = "cpu", .label = "CPU per task", .unit = UNIT_NS, .better = "less", .numerator = "cpu_ns",
     .denominator = "tasks", .factor = 1},
    {.name = "p99", .label = "p99 of a task", .unit = UNIT_NS, .better = "faster", .numerator = "latency_ns.p99",
     .factor = 1},
    {.name = "memory", .label = "memory", .unit = UNIT_BYTES, .better = "less", .numerator = "memory.bytes", .factor = 1,
     .floor = LEAST_BYTES, .from_memory = true},
    {.name = "throughput", .label = "throughput", .unit = UNIT_PER_S, .more_is_better = true, .better = "faster",
     .numerator = "tasks", .denominator = "wall_ns", .factor = 1e9},
    {.name = "server-cpu", .label = "server's CPU per task", .unit = UNIT_NS, .better = "less",
     .numerator = "server.cpu_ns", .denominator = "tasks", .factor = 1},
    {.name = NULL},
};

const struct gate_metric *gate_metric_find(const char *name, unsigned long length)
{
    for (const struct gate_metric *metric = gate_metrics; metric->name != NULL; metric++) {
        if (strlen(metric->name) == length && strncmp(metric->name, name, length) == 0)
            return metric;
    }
    return NULL;
}

const struct gate_metric *gate_metric_in(const struct cJSON *object)
{
    const char *name = field_text(object, "metric");

    return gate_metric_find(name, strlen(name));
}

double gate_metric_of(const struct gate_metric *metric, const struct cJSON *sample)
{
    double value = field_number(sample, metric->numerator);
    double divisor = metric->denominator != NULL ? field_number(sample, metric->denominator) : 1;

    if (isnan(value) || !(divisor > 0))
        return NAN;
    return fmax(metric->factor * value / divisor, metric->floor);
}

const char *gate_metric_unit(const struct gate_metric *metric)
{
    return metric->unit == UNIT_NS ? "ns" : metric->unit == UNIT_BYTES ? "bytes" : "per s";
}

char *gate_metric_write(const struct gate_metric *metric, char buf[UNITS_TEXT], double value)
{
    if (metric->unit == UNIT_NS)
        return units_format_duration(buf, value);
    if (metric->unit == UNIT_BYTES)
        return units_format_bytes(buf, value);
    if (!isfinite(value))
        snprintf(buf, UNITS_TEXT, "n/a");
    else if (value >= 1000)
        snprintf(buf, UNITS_TEXT, "%.0f/s", value);
    else
        snprintf(buf, UNITS_TEXT, "%.3g/s", value);
    return buf;
}

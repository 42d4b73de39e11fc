// SPDX-License-Identifier: MIT
#include "claims/reader/metrics.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/document/fields.h"

static const struct claim_metric table[] = {
    {"time", "run_ns", .unit = METRIC_NS},
    {"wall", "wall_ns", .unit = METRIC_NS},
    {"setup", "setup_ns", .unit = METRIC_NS},
    {"teardown", "teardown_ns", .unit = METRIC_NS},
    {"cpu", "cpu_ns", "tasks", .unit = METRIC_NS},
    {"memory", "memory.bytes_per_lane", .unit = METRIC_BYTES, .from_memory = true},
    {"lateness", "queued_ns.p99", .unit = METRIC_NS, .of_class = true},
    {"lateness_max", "queued_ns.max", .unit = METRIC_NS, .of_class = true},
    {"latency", "latency_ns.p50", .unit = METRIC_NS, .of_class = true},
    {"p99", "latency_ns.p99", .unit = METRIC_NS, .of_class = true},
    {"slowest", "latency_ns.max", .unit = METRIC_NS, .of_class = true},
    {"service", "service_ns.p50", .unit = METRIC_NS, .of_class = true},
    {"service_max", "service_ns.max", .unit = METRIC_NS, .of_class = true},
    {"switches", "switches_own", "tasks", .unit = METRIC_QUANTITY},
    {"forced_switches", "switches_forced", "tasks", .unit = METRIC_QUANTITY},
    {"of_ideal", .unit = METRIC_SHARE, .of_ideal = true},
    {"lost", "updates.lost", "updates.expected", .unit = METRIC_SHARE},
    {"failed", "failed", .more = "failed_as_expected", .unit = METRIC_QUANTITY, .of_class = true},
    {"in_flight", "in_flight", .unit = METRIC_QUANTITY},
    {"cores_used", "cpu_ns", "wall_ns", .unit = METRIC_RATIO},
    {"connections", "origin.connections", .unit = METRIC_QUANTITY},
    {"requests", "origin.requests", .unit = METRIC_QUANTITY},
    {"throughput_per_s", "tasks", "wall_ns", .unit = METRIC_PER_S},
};

#define ROWS (sizeof table / sizeof *table)

static enum metric_unit unit_of_path(const char *path)
{
    size_t length = strlen(path);

    if ((length > 3 && strcmp(path + length - 3, "_ns") == 0) || strstr(path, "_ns.") != NULL)
        return METRIC_NS;
    if (length > 6 && strcmp(path + length - 6, "_bytes") == 0)
        return METRIC_BYTES;
    return METRIC_QUANTITY;
}

static bool find_in_summaries(const char *name, struct claim_metric *ret_metric)
{
    for (size_t i = 0; i < METRICS_COUNT; i++) {
        const struct metric *metric = &metric_table[i];

        if (strcmp(metric->name, name) != 0 || metric->numerator == NULL || metric->of == 0)
            continue;
        *ret_metric = (struct claim_metric){.name = name,
                                            .numerator = metric->numerator,
                                            .denominator = metric->denominator,
                                            .unit = metric->unit,
                                            .of_class = (metric->of & METRIC_OF_CLASS) != 0};
        return true;
    }
    return false;
}

bool claim_metric_find(const char *name, struct claim_metric *ret_metric)
{
    const char *dot = strchr(name, '.');

    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(table[i].name, name) == 0) {
            *ret_metric = table[i];
            return true;
        }
    }
    if (find_in_summaries(name, ret_metric))
        return true;
    if (dot == NULL || dot == name || dot[1] == '\0' ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.") < strlen(name))
        return false;
    *ret_metric = (struct claim_metric){
        .name = name, .numerator = name, .unit = unit_of_path(name), .of_class = strstr(name, "_ns.") != NULL};
    return true;
}

static const cJSON *class_of(const cJSON *sample, const char *name)
{
    const cJSON *class;

    cJSON_ArrayForEach(class, field(sample, "classes")) {
        if (field_is(class, "name", name))
            return class;
    }
    return NULL;
}

double claim_metric_of(const struct claim_metric *metric, const cJSON *sample, const char *class_name)
{
    const cJSON *object = class_name != NULL ? class_of(sample, class_name) : sample;
    double value = object != NULL ? field_number(object, metric->numerator) : NAN;
    double divisor = metric->denominator != NULL && object != NULL ? field_number(object, metric->denominator) : 1;

    if (metric->more != NULL && object != NULL)
        value += field_number(object, metric->more);
    if (isnan(value) || !(divisor > 0))
        return NAN;
    return (metric->unit == METRIC_PER_S && metric->denominator != NULL ? 1e9 : 1) * value / divisor;
}

char *claim_metric_names(char buf[CLAIM_METRIC_NAMES])
{
    size_t length = 0;

    for (size_t i = 0; i < ROWS; i++)
        length += (size_t)snprintf(buf + length, CLAIM_METRIC_NAMES - length, "%s%s", i > 0 ? ", " : "", table[i].name);
    return buf;
}

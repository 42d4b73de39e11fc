// SPDX-License-Identifier: MIT
#include "reports/document/metrics.h"

#include <math.h>
#include <string.h>

#include "reports/document/fields.h"

const struct metric metric_table[METRICS_COUNT] = {
#define METRICS_ROW(row, ...) [METRIC_##row] = {.name = #row, __VA_ARGS__},
    METRICS(METRICS_ROW)
#undef METRICS_ROW
};

double metric_of(const struct metric *metric, const struct cJSON *object)
{
    double value = field_number(object, metric->numerator);
    double divisor = metric->denominator != NULL ? field_number(object, metric->denominator) : 1;
    double factor = metric->factor != 0 ? metric->factor : 1;

    if (isnan(value) || !(divisor > 0))
        return NAN;
    return fmax(factor * value / divisor, metric->floor);
}

const struct cJSON *metric_statistic(const struct metric *metric, const struct cJSON *summary)
{
    return field(summary, metric->name);
}

double metric_median(const struct metric *metric, const struct cJSON *summary)
{
    return field_number(metric_statistic(metric, summary), "median");
}

double metric_of_cell(const struct metric *metric, const struct cJSON *cell)
{
    if (metric->from_memory)
        return field_number(cell, metric->numerator);
    return metric_median(metric, field(cell, "summary"));
}

const struct metric *metric_by_option(const char *option, size_t length)
{
    for (size_t i = 0; i < METRICS_COUNT; i++) {
        const char *own = metric_table[i].option;

        if (own != NULL && strlen(own) == length && strncmp(own, option, length) == 0)
            return &metric_table[i];
    }
    return NULL;
}

const struct metric *metric_in_gate(const struct cJSON *object)
{
    const char *option = field_text(object, "metric");

    return metric_by_option(option, strlen(option));
}

const char *metric_gate_unit(const struct metric *metric)
{
    return metric->unit == METRIC_NS ? "ns" : metric->unit == METRIC_BYTES ? "bytes" : "per s";
}

// SPDX-License-Identifier: MIT
#include "reports/findings/statistic.h"

#include <cjson/cJSON.h>
#include <errno.h>

#include "measure/base/json.h"
#include "measure/base/stats.h"
#include "measure/base/units.h"
#include "reports/document/fields.h"

static void set_statistic(cJSON *object, const char *name, const struct stats_summary *s)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddNumberToObject(json, "median", s->median);
    json_add_number(json, "low", s->interval, s->low);
    json_add_number(json, "high", s->interval, s->high);
    json_add_number(json, "coverage", s->interval, s->coverage);
    cJSON_AddNumberToObject(json, "min", s->min);
    cJSON_AddNumberToObject(json, "max", s->max);
    cJSON_AddNumberToObject(json, "mean", s->mean);
    cJSON_AddNumberToObject(json, "sd", s->sd);
    cJSON_AddNumberToObject(json, "mad", s->mad);
    cJSON_AddNumberToObject(json, "outliers_mild", (double)s->outliers_mild);
    cJSON_AddNumberToObject(json, "outliers_far", (double)s->outliers_far);
    json_set(object, name, json);
}

int statistic_set(cJSON *object, const char *name, const double *values, size_t n)
{
    struct stats_summary statistics;

    if (n == 0)
        json_set(object, name, cJSON_CreateNull());
    else if (stats_summarise(values, n, &statistics) < 0)
        return -ENOMEM;
    else
        set_statistic(object, name, &statistics);
    return 0;
}

int statistic_of_samples(cJSON *object, const cJSON *cell, const struct metric *metric, const char *list, int index,
                         double *values)
{
    const cJSON *sample;
    size_t n = 0;

    cJSON_ArrayForEach(sample, field(cell, "samples")) {
        const cJSON *part = list != NULL ? cJSON_GetArrayItem(field(sample, list), index) : sample;
        double value = metric_of(metric, part);

        // What comes to more than a report may hold is no quantity; what is missing (NAN) is neither.
        if (sample_ok(sample) && value <= UNITS_MOST)
            values[n++] = value;
    }
    return statistic_set(object, metric->name, values, n);
}

// SPDX-License-Identifier: MIT
#include "reports/findings/statistic.h"

#include <cjson/cJSON.h>
#include <errno.h>

#include "measure/base/stats.h"
#include "measure/base/units.h"
#include "reports/document/fields.h"

static cJSON *statistic_json(const struct stats_summary *s)
{
    const struct {
        const char *name;
        double value;
        bool known;
    } members[] = {
        {"median", s->median, true},
        {"low", s->low, s->interval},
        {"high", s->high, s->interval},
        {"coverage", s->coverage, s->interval},
        {"min", s->min, true},
        {"max", s->max, true},
        {"mean", s->mean, true},
        {"sd", s->sd, true},
        {"mad", s->mad, true},
        {"outliers_mild", (double)s->outliers_mild, true},
        {"outliers_far", (double)s->outliers_far, true},
    };
    cJSON *json = cJSON_CreateObject();

    for (size_t i = 0; json != NULL && i < sizeof members / sizeof *members; i++) {
        cJSON *item = members[i].known ? cJSON_CreateNumber(members[i].value) : cJSON_CreateNull();

        if (field_set(json, members[i].name, item) < 0) {
            cJSON_Delete(json);
            return NULL;
        }
    }
    return json;
}

int statistic_set(cJSON *object, const char *name, const double *values, size_t n)
{
    struct stats_summary statistics;

    if (n == 0)
        return field_set(object, name, cJSON_CreateNull());
    if (stats_summarise(values, n, &statistics) < 0)
        return -ENOMEM;
    return field_set(object, name, statistic_json(&statistics));
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

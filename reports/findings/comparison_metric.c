// SPDX-License-Identifier: MIT
// The metrics of a cell that two reports have.
#include "reports/findings/comparison_metric.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/json.h"
#include "measure/base/stats.h"
#include "reports/document/fields.h"
#include "reports/findings/gate_batch.h"
#include "reports/findings/judge.h"

// Of each side's interval, so that both hold with 95 %; where too few rounds allow less, the range is taken.
#define LEVEL 0.9747

// The metric in one cell of one report.
struct figure {
    size_t n;
    double median, low, high; // NAN: none
    bool interval;
};

// Of n values, which are sorted; there is one at least.
static struct figure figure_of(double *values, size_t n)
{
    struct stats_interval interval;

    stats_sort(values, n);
    interval = stats_median_interval(values, n, LEVEL);
    return (struct figure){n, stats_median(values, n), interval.low, interval.high, n >= STATS_INTERVAL_LEAST};
}

static int read_samples(const cJSON *cell, const struct metric *metric, struct figure *figure)
{
    double *values = calloc(sample_count(cell) + 1, sizeof *values);
    const cJSON *sample;
    size_t n = 0;

    if (values == NULL)
        return -ENOMEM;
    cJSON_ArrayForEach(sample, field(cell, "samples")) {
        double value = sample_ok(sample) ? metric_of(metric, sample) : NAN;

        if (!isnan(value))
            values[n++] = value;
    }
    if (n > 0)
        *figure = figure_of(values, n);
    free(values);
    return 0;
}

// A report has one reading of it, or, with --memory-rounds, several.
static int read_readings(const cJSON *cell, const struct metric *metric, struct figure *figure)
{
    const cJSON *readings = field(cell, "memory.readings"), *reading;
    size_t count = (size_t)cJSON_GetArraySize(readings), n = 0;
    double *values = calloc(count + 1, sizeof *values);

    if (values == NULL)
        return -ENOMEM;
    cJSON_ArrayForEach(reading, readings)
        values[n++] = fmax(cJSON_GetNumberValue(reading), metric->floor);
    figure->median = metric_of(metric, cell);
    figure->n = !isnan(figure->median);
    if (n > 0 && figure->n > 0)
        *figure = figure_of(values, n);
    free(values);
    return 0;
}

static int read_figure(const cJSON *cell, const struct metric *metric, struct figure *ret_figure)
{
    *ret_figure = (struct figure){.median = NAN, .low = NAN, .high = NAN};
    if (!metric->from_memory)
        return read_samples(cell, metric, ret_figure);
    return read_readings(cell, metric, ret_figure);
}

struct pair {
    struct figure base, new;
    bool comparable, bounded;
    double d, least, most; // as in measure/pairs.h
};

static struct pair hold_against(const struct metric *metric, const struct figure *base, const struct figure *new)
{
    struct pair pair = {.base = *base, .new = *new};
    bool more = metric->more_is_better;

    pair.comparable = pairs_difference(base->median, new->median, more, &pair.d);
    // The least and the most that new can be worse: its better end against base's worse one, and the other way round.
    pair.bounded = pair.comparable && base->interval &&
                   new->interval &&pairs_difference(more ? base->low : base->high, more ? new->high : new->low, more,
                                                    &pair.least) &&
                   pairs_difference(more ? base->high : base->low, more ? new->low : new->high, more, &pair.most);
    return pair;
}

static const char *judge(const struct metric *metric, const struct pair *pair, double allowed, const char *mismatch,
                         const char **ret_reason)
{
    double limit = log1p(allowed);

    *ret_reason = NULL;
    if (!pair->comparable)
        *ret_reason = "not in both files";
    else if (!pair->bounded && metric->from_memory)
        *ret_reason =
            "too few memory trials in one of the files for an interval, expected at least 6 (--memory-rounds=6); ccbench "
            "gate --metric=memory measures several";
    else if (!pair->bounded)
        *ret_reason = "too few rounds in one of the files for an interval, expected at least 6";
    else if (mismatch != NULL)
        *ret_reason = mismatch;
    if (*ret_reason != NULL)
        return "inconclusive";
    if (pair->least > limit) {
        *ret_reason = "the intervals are that far apart";
        return "regression";
    }
    return pair->most < -limit ? "better" : "same";
}

static void write_metric(cJSON *object, const struct metric *metric, const struct pair *pair, double allowed)
{
    double least = pair->bounded ? gate_change(metric, pair->least) : NAN;
    double most = pair->bounded ? gate_change(metric, pair->most) : NAN;

    cJSON_AddStringToObject(object, "metric", metric->option);
    cJSON_AddStringToObject(object, "unit", metric_gate_unit(metric));
    gate_set_number(object, "base", pair->base.median);
    gate_set_number(object, "new", pair->new.median);
    gate_set_number(object, "change", pair->comparable ? gate_change(metric, pair->d) : NAN);
    gate_set_number(object, "low", fmin(least, most));
    gate_set_number(object, "high", fmax(least, most));
    gate_set_number(object, "least", least);
    gate_set_number(object, "allowed", gate_change(metric, log1p(allowed)));
    gate_set_number(object, "n", fmin((double)pair->base.n, (double)pair->new.n));
    gate_set_number(object, "order", NAN);
    gate_set_number(object, "batch", 1);
    cJSON_AddArrayToObject(object, "batches");
}

static int compare_metric(const cJSON *document, const cJSON *base, const cJSON *new, const struct metric *metric,
                          cJSON *list)
{
    double allowed = field_number(document, "rule.allowed");
    cJSON *object = cJSON_CreateObject();
    struct figure old_figure, new_figure;
    const char *verdict, *reason;
    struct pair pair;
    int err = read_figure(base, metric, &old_figure);

    cJSON_AddItemToArray(list, object);
    if (err == 0)
        err = read_figure(new, metric, &new_figure);
    if (err < 0)
        return err;
    pair = hold_against(metric, &old_figure, &new_figure);
    write_metric(object, metric, &pair, allowed);
    verdict = judge(metric, &pair, allowed, field_text(document, "mismatch"), &reason);
    cJSON_AddStringToObject(object, "verdict", verdict);
    json_add_text(object, "reason", reason);
    return 0;
}

// As the gate chooses: the wall time of what fetches tells little.
static const char *default_metrics(const cJSON *cell)
{
    const cJSON *class;

    cJSON_ArrayForEach(class, field(cell, "trial.classes")) {
        if (judge_has_step(field(class, "steps"), "fetch"))
            return "cpu";
    }
    return "time";
}

int comparison_metrics(const cJSON *document, const cJSON *base, const cJSON *new, const char *metrics, cJSON *list)
{
    const char *name = metrics != NULL ? metrics : default_metrics(new);
    int err = 0;

    for (;;) {
        size_t length = strcspn(name, ",");
        const struct metric *metric = metric_by_option(name, length);

        if (metric != NULL)
            err = compare_metric(document, base, new, metric, list);
        if (err < 0 || name[length] == '\0')
            return err;
        name += length + 1;
    }
}

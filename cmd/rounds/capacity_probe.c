// SPDX-License-Identifier: MIT
#include "cmd/rounds/capacity_probe.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>

#include "measure/base/json.h"
#include "measure/base/stats.h"
#include "reports/document/fields.h"

// A rate at which a model falls behind is as far off as one whose figures are so many times their bounds, and one at which it does
// not no farther within than so: three trials alike show either.
#define FALLEN_BEHIND 2
#define CARRIED 0.6

// By how much all of so few trials must be beyond, or within, their bounds.
static const double plain[] = {INFINITY, 10, 3, 1.5};

#define PLAIN (sizeof plain / sizeof *plain)

static double figure_of(const struct requirement *requirement, const cJSON *sample)
{
    const cJSON *class;

    if (requirement->class_name[0] == '\0')
        return metric_of(requirement->metric, sample);
    cJSON_ArrayForEach(class, field(sample, "classes")) {
        if (field_is(class, "name", requirement->class_name))
            return metric_of(requirement->metric, class);
    }
    return NAN;
}

static double worst_of(struct capacity_probe *probe, const struct capacity_rule *rule, const cJSON *sample)
{
    double worst = 0;

    for (unsigned i = 0; i < rule->count; i++) {
        double figure = figure_of(&rule->requirements[i], sample);

        probe->figures[i][probe->trials] = figure;
        if (isnan(figure)) {
            snprintf(probe->reason, sizeof probe->reason, "too few tasks for that percentile (a longer --duration)");
            return NAN;
        }
        worst = fmax(worst, figure / rule->requirements[i].bound);
    }
    return worst;
}

void capacity_probe_take(struct capacity_probe *probe, const struct capacity_rule *rule, const cJSON *sample,
                         bool carried)
{
    double worst;

    for (unsigned i = 0; i < rule->count; i++)
        probe->figures[i][probe->trials] = NAN;
    if (sample_ok(sample)) {
        worst = worst_of(probe, rule, sample);
        worst = isnan(worst) ? worst : fmax(worst, carried ? CARRIED : FALLEN_BEHIND);
    } else {
        worst = INFINITY;
        snprintf(probe->reason, sizeof probe->reason, "%s", field_text(sample, "reason"));
    }
    probe->worst[probe->trials++] = worst;
    probe->carried += carried && sample_ok(sample);
}

static bool few_are_plain(const struct capacity_probe *probe, enum capacity_verdict *ret_verdict)
{
    double least = INFINITY, most = 0;

    if (probe->trials == 0 || probe->trials >= PLAIN)
        return false;
    for (unsigned i = 0; i < probe->trials; i++) {
        least = fmin(least, probe->worst[i]);
        most = fmax(most, probe->worst[i]);
    }
    *ret_verdict = least > 1 ? CAPACITY_BROKEN : CAPACITY_HELD;
    return least >= plain[probe->trials] || most <= 1 / plain[probe->trials];
}

static enum capacity_verdict by_interval(const struct capacity_probe *probe)
{
    double sorted[CAPACITY_TRIALS];
    struct stats_interval interval;

    for (unsigned i = 0; i < probe->trials; i++)
        sorted[i] = probe->worst[i];
    stats_sort(sorted, probe->trials);
    interval = stats_median_interval(sorted, probe->trials, 0.95);
    if (!interval.valid)
        return CAPACITY_UNSHOWN;
    return interval.high <= 1 ? CAPACITY_HELD : interval.low > 1 ? CAPACITY_BROKEN : CAPACITY_UNSHOWN;
}

bool capacity_probe_is_over(struct capacity_probe *probe, enum capacity_verdict *ret_verdict)
{
    *ret_verdict = CAPACITY_UNSHOWN;
    if (probe->trials > 0 && isnan(probe->worst[probe->trials - 1]))
        return true;
    if (few_are_plain(probe, ret_verdict))
        return true;
    *ret_verdict = CAPACITY_UNSHOWN;
    if (probe->trials < STATS_INTERVAL_LEAST)
        return false;
    *ret_verdict = by_interval(probe);
    if (*ret_verdict == CAPACITY_UNSHOWN && probe->trials == CAPACITY_TRIALS)
        snprintf(probe->reason, sizeof probe->reason, "its trials lie on both sides of what is required");
    return *ret_verdict != CAPACITY_UNSHOWN || probe->trials == CAPACITY_TRIALS;
}

// The median of those trials that have the figure; NAN: none has.
static double median_of(const double *figures, unsigned trials)
{
    double sorted[CAPACITY_TRIALS];
    size_t n = 0;

    for (unsigned i = 0; i < trials; i++) {
        sorted[n] = figures[i];
        n += !isnan(figures[i]);
    }
    stats_sort(sorted, n);
    return n > 0 ? stats_median(sorted, n) : NAN;
}

cJSON *capacity_probe_json(const struct capacity_probe *probe, const struct capacity_rule *rule,
                           enum capacity_verdict verdict)
{
    static const char *const words[] = {
        [CAPACITY_HELD] = "held", [CAPACITY_BROKEN] = "broken", [CAPACITY_UNSHOWN] = "not shown"};
    cJSON *json = cJSON_CreateObject(), *medians;

    cJSON_AddNumberToObject(json, "per_s", probe->per_s);
    cJSON_AddNumberToObject(json, "tasks", probe->tasks);
    cJSON_AddNumberToObject(json, "trials", probe->trials);
    cJSON_AddNumberToObject(json, "carried", probe->carried);
    medians = cJSON_AddArrayToObject(json, "medians_ns");
    for (unsigned i = 0; i < rule->count; i++) {
        double median = median_of(probe->figures[i], probe->trials);

        cJSON_AddItemToArray(medians, isnan(median) ? cJSON_CreateNull() : cJSON_CreateNumber(median));
    }
    cJSON_AddStringToObject(json, "verdict", words[verdict]);
    json_add_text(json, "reason", probe->reason[0] != '\0' ? probe->reason : NULL);
    return json;
}

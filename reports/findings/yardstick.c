// SPDX-License-Identifier: MIT
#include "reports/findings/yardstick.h"

#include <cjson/cJSON.h>
#include <math.h>

#include "measure/base/stats.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/document/metrics.h"
#include "reports/findings/judge.h"

const cJSON *yardstick_part(const cJSON *object)
{
    const cJSON *class, *most = NULL;

    cJSON_ArrayForEach(class, field(object, "classes")) {
        if (most == NULL || field_number(class, "tasks") > field_number(most, "tasks"))
            most = class;
    }
    return most != NULL ? most : object;
}

// The classes are the same in all samples of a block.
static const cJSON *some_part(const cJSON *block)
{
    const cJSON *cell;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        const cJSON *sample = cJSON_GetArrayItem(field(cell, "samples"), 0);

        if (field(sample, "classes") != NULL)
            return yardstick_part(sample);
    }
    return NULL;
}

const char *yardstick_class(const cJSON *block)
{
    return field_text(some_part(block), "name");
}

bool yardstick_has_p99(const cJSON *block)
{
    const cJSON *part = some_part(block);

    return field_number(part != NULL ? part : block, "tasks") >= (double)stats_percentile_needs(0.99);
}

enum yardstick yardstick_of_latency(const cJSON *block)
{
    return yardstick_has_p99(block) ? YARDSTICK_P99 : YARDSTICK_SLOWEST;
}

enum yardstick yardstick_of(const cJSON *block, const cJSON *cell)
{
    if (!block_open_loop(block))
        return YARDSTICK_TIME;
    if (!judge_keeps_up(cell))
        return YARDSTICK_RATE;
    return yardstick_of_latency(block);
}

static const struct {
    enum metric_id metric;
    bool of_class;
} places[] = {
    [YARDSTICK_TIME] = {METRIC_wall_ns, false},          [YARDSTICK_P99] = {METRIC_latency_p99_ns, true},
    [YARDSTICK_SLOWEST] = {METRIC_latency_max_ns, true}, [YARDSTICK_RATE] = {METRIC_reached_per_s, false},
    [YARDSTICK_CPU] = {METRIC_cpu_per_task_ns, false},
};

double yardstick_in_sample(enum yardstick yardstick, const cJSON *sample)
{
    return metric_of(&metric_table[places[yardstick].metric],
                     places[yardstick].of_class ? yardstick_part(sample) : sample);
}

const cJSON *yardstick_statistic(enum yardstick yardstick, const cJSON *cell)
{
    const cJSON *summary = field(cell, "summary");

    return metric_statistic(&metric_table[places[yardstick].metric],
                            places[yardstick].of_class ? yardstick_part(summary) : summary);
}

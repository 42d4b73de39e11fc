// SPDX-License-Identifier: MIT
#include "cmd/rounds/calibrations.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "cmd/plan/ideal.h"
#include "cmd/rounds/calibrate.h"
#include "measure/base/json.h"
#include "measure/base/stats.h"

cJSON *calibrations_make(const struct block *block)
{
    cJSON *calibrations = cJSON_CreateArray();

    for (unsigned i = 0; i <= block->family_count; i++)
        cJSON_AddItemToArray(calibrations, cJSON_CreateArray());
    return calibrations;
}

// Whether some model of the family is still measured.
static bool is_in_use(const struct block *block, unsigned family)
{
    for (unsigned i = 0; i < block->cell_count; i++) {
        if (block->cells[i].family == family && !block->cells[i].ended)
            return true;
    }
    return false;
}

void calibrate_block(struct trials *trials, struct block *block, cJSON *calibrations, bool counts)
{
    for (unsigned family = 0; family <= block->family_count; family++) {
        const struct family *of = family > 0 ? &block->families[family - 1] : NULL;
        struct block *work = of != NULL ? of->work : block;

        if (block->mean_units <= 0 || supervisor_interrupted() != 0 || !is_in_use(block, family))
            continue;
        work->task_cpu_ns = calibrate_task(trials, block, of);
        if (counts)
            cJSON_AddItemToArray(cJSON_GetArrayItem(calibrations, (int)family),
                                 cJSON_CreateNumber((double)work->task_cpu_ns));
    }
}

// 0 where there are none.
static double median_of(const cJSON *numbers)
{
    double *values = calloc((size_t)cJSON_GetArraySize(numbers) + 1, sizeof *values), median = 0;
    const cJSON *number;
    size_t n = 0;

    if (values == NULL)
        return 0;
    cJSON_ArrayForEach(number, numbers)
        values[n++] = number->valuedouble;
    stats_sort(values, n);
    if (n > 0)
        median = stats_median(values, n);
    free(values);
    return median;
}

static void add_ideal(const struct block *block, double task_cpu_ns, cJSON *json)
{
    struct ideal ideal;

    if (!ideal_of(block, task_cpu_ns, &ideal))
        return;
    json_set(json, "ideal_ns", cJSON_CreateNumber(ideal.ns));
    json_set(json, "ideal_formula", cJSON_CreateString(ideal.formula));
    json_set(json, "ideal_reason", cJSON_CreateNull());
}

// What a family's computing takes, into the object that is about it.
static void add_calibration(const struct block *block, const cJSON *samples, cJSON *json)
{
    double task_cpu_ns = median_of(samples);
    cJSON *calibration;

    add_ideal(block, task_cpu_ns, json);
    if (task_cpu_ns <= 0)
        return;
    calibration = cJSON_CreateObject();
    cJSON_AddNumberToObject(calibration, "task_cpu_ns", task_cpu_ns);
    cJSON_AddItemToObject(calibration, "samples", cJSON_Duplicate(samples, true));
    json_set(json, "calibration", calibration);
}

// Of the block's own family into the block, of the others beside it.
void calibrations_add(const struct block *block, const cJSON *calibrations)
{
    unsigned own = plan_own_family(block);

    add_calibration(block, cJSON_GetArrayItem(calibrations, (int)own), block->json);
    for (unsigned i = 0; i < block->family_count; i++) {
        const struct family *family = &block->families[i];
        cJSON *json = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(block->json, "families"),
                                                       family->name);

        if (i + 1 != own && json != NULL)
            add_calibration(family->work, cJSON_GetArrayItem(calibrations, (int)i + 1), json);
    }
}

// SPDX-License-Identifier: MIT
#include "cmd/rounds/capacity_end.h"

#include <math.h>
#include <stdlib.h>

#include "cmd/rounds/build_document.h"
#include "measure/base/json.h"
#include "measure/supervisor.h"
#include "reports/document/fields.h"

// The samples that speak for the model: of the highest rate that holds, or where none does of the lowest. NULL: there are none.
static cJSON *take_samples(struct contender *contender, double low)
{
    const struct capacity_search *search = &contender->search;
    unsigned best = CAPACITY_PROBES;

    for (unsigned i = 0; i < search->count; i++) {
        bool better = best == CAPACITY_PROBES || search->rates[i].per_s < search->rates[best].per_s;

        if (low > 0 ? search->rates[i].per_s == low : better)
            best = i;
    }
    if (best == CAPACITY_PROBES || cJSON_GetArraySize(contender->samples[best]) == 0)
        return NULL;
    contender->speaks_per_s = search->rates[best].per_s;
    return cJSON_Duplicate(contender->samples[best], true);
}

// Why there is no trial that ended well.
static const char *last_reason(const struct contender *contender)
{
    int count = cJSON_GetArraySize(contender->probes);
    const char *reason = field_text(cJSON_GetArrayItem(contender->probes, count - 1), "reason");

    return reason != NULL ? reason : "no trial of the lowest rate ended well";
}

static cJSON *describe(const struct contender *contender, double low, double high)
{
    cJSON *json = cJSON_CreateObject();

    json_add_number(json, "low_per_s", low > 0, low);
    json_add_number(json, "high_per_s", high > 0, high);
    cJSON_AddStringToObject(json, "stopped", contender->stopped);
    json_add_number(json, "closed_per_s", contender->closed_per_s > 0, contender->closed_per_s);
    cJSON_AddItemToObject(json, "probes", contender->probes);
    return json;
}

static int end_cell(struct capacity *capacity, struct cell *cell, struct contender *contender)
{
    double low, high;
    cJSON *samples;
    int err = 0;

    capacity_bounds(&contender->search, &low, &high);
    if (contender->stopped == NULL)
        contender->stopped = supervisor_interrupted() != 0 ? "interrupted" : "time limit";
    if (contender->closed_per_s == 0) {
        cJSON_Delete(contender->probes); // it was not searched for
        return 0;
    }
    samples = cell->ended ? NULL : take_samples(contender, low);
    json_set(cell->json, "capacity", describe(contender, low, high));
    if (samples == NULL && !cell->ended && contender->search.count > 0)
        cell_end(cell, CELL_FAILED, "%s", last_reason(contender));
    if (samples == NULL)
        return 0;
    json_set(cell->json, "samples", samples);
    err = capacity_set_rate(capacity->rounds->plan->options, capacity->rule, capacity->block, contender->speaks_per_s);
    if (err == 0)
        json_set(cell->json, "trial", plan_trial(capacity->rounds->plan, capacity->block, cell, NULL, false));
    return err;
}

// What is said of all cells: the highest rate that one speaks of, and of all that do the fewest tasks and most trials.
static int describe_block(struct capacity *capacity)
{
    double per_s = 0, tasks = capacity->block->tasks, rounds = 0;
    cJSON *rate;
    int err = 0;

    for (unsigned i = 0; i < capacity->block->cell_count; i++) {
        const cJSON *samples = cJSON_GetObjectItemCaseSensitive(capacity->block->cells[i].json, "samples");

        per_s = fmax(per_s, capacity->contenders[i].speaks_per_s);
        rounds = fmax(rounds, cJSON_GetArraySize(samples));
        if (samples->child != NULL)
            tasks = fmin(tasks, field_number(samples->child, "tasks"));
    }
    if (per_s > 0)
        err = capacity_set_rate(capacity->rounds->plan->options, capacity->rule, capacity->block, per_s);
    rate = per_s > 0 ? build_rate(capacity->block) : cJSON_CreateNull();
    if (per_s > 0)
        cJSON_AddTrueToObject(rate, "searched");
    json_set(capacity->block->json, "rate", rate);
    json_set(capacity->block->json, "tasks", cJSON_CreateNumber(tasks));
    json_set(capacity->block->json, "rounds", cJSON_CreateNumber(rounds));
    return err;
}

int capacity_end(struct capacity *capacity)
{
    struct block *block = capacity->block;
    int err = 0;

    for (unsigned i = 0; err == 0 && i < block->cell_count; i++)
        err = end_cell(capacity, &block->cells[i], &capacity->contenders[i]);
    if (err == 0)
        err = describe_block(capacity);
    build_statuses(block, capacity->rounds->out_of_time ? "no time was left for it (--time-limit)" : "interrupted");
    json_set(block->json, "stopped",
             cJSON_CreateString(supervisor_interrupted() != 0   ? "interrupted"
                                : capacity->rounds->out_of_time ? "time limit"
                                                                : "rounds"));
    return err;
}

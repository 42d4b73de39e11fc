// SPDX-License-Identifier: MIT
#include "cmd/rounds/task_times.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "cmd/rounds/trials.h"
#include "measure/base/json.h"
#include "measure/distribution.h"
#include "measure/seen.h"

struct task_times {
    struct histogram latency, queued;
};

struct task_times *task_times_make(const struct block *block)
{
    return calloc(block->cell_count + 1, sizeof(struct task_times));
}

void task_times_record(struct task_times *times, const struct block *block, const struct cell *cell,
                       const struct trials *trials, uint64_t start_ns)
{
    struct task_times *mine = &times[cell - block->cells];
    struct spread_slots all = {.slots = trials->slots, .n = block->tasks, .start_ns = start_ns};

    distributions_record(&mine->latency, &mine->queued, &all, seen_spreads(trials->seen));
}

void task_times_add(const struct task_times *times, struct block *block)
{
    for (unsigned i = 0; i < block->cell_count; i++) {
        cJSON *histograms;

        if (block->cells[i].status != CELL_OK || times[i].latency.total == 0)
            continue;
        histograms = cJSON_CreateObject();
        cJSON_AddItemToObject(histograms, "latency_ns", histogram_json(&times[i].latency));
        cJSON_AddItemToObject(histograms, "queued_ns", histogram_json(&times[i].queued));
        json_set(block->cells[i].json, "histograms", histograms);
    }
}

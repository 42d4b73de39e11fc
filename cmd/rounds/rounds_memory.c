// SPDX-License-Identifier: MIT
#include "cmd/rounds/rounds_memory.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "cmd/plan/estimate.h"
#include "measure/base/clock.h"
#include "measure/base/json.h"
#include "measure/base/stats.h"

static bool memory_fits(const struct rounds *rounds, const struct block *block, const struct cell *cell)
{
    return rounds->deadline_ns == 0 ||
           clock_now_ns() + estimate_memory(block, cell) <= rounds->deadline_ns + rounds->share_ns / ROUNDS_OVERTIME;
}

// Of several readings the one in the middle, with what all of them are: "readings".
static cJSON *middle_of(cJSON *all)
{
    size_t count = (size_t)cJSON_GetArraySize(all);
    double *values = calloc(count + 1, sizeof *values), *sorted = calloc(count + 1, sizeof *sorted);
    cJSON *middle = NULL, *memory;
    size_t n = 0;

    cJSON_ArrayForEach(memory, all) {
        if (values != NULL && sorted != NULL)
            values[n] = sorted[n] = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(memory, "bytes")), n++;
    }
    stats_sort(sorted, n);
    for (size_t i = 0; i < n && middle == NULL; i++) {
        if (values[i] == sorted[(n - 1) / 2])
            middle = cJSON_DetachItemFromArray(all, (int)i);
    }
    if (n > 1)
        cJSON_AddItemToObject(middle, "readings", cJSON_CreateDoubleArray(values, (int)n));
    free(values);
    free(sorted);
    return middle;
}

// As many readings as were asked for and fit. NULL, with the reason, where there is none.
static cJSON *read_memory(struct rounds *rounds, const struct block *block, const struct cell *cell, char *reason)
{
    cJSON *all = cJSON_CreateArray(), *memory = NULL;

    for (unsigned i = 0; i < rounds->plan->options->memory_rounds && supervisor_interrupted() == 0; i++) {
        if (i > 0 && !memory_fits(rounds, block, cell))
            break;
        memory = trials_memory(rounds->trials, block, cell, reason);
        if (memory == NULL)
            break;
        cJSON_AddItemToArray(all, memory);
    }
    memory = cJSON_GetArraySize(all) > 0 ? middle_of(all) : NULL;
    cJSON_Delete(all);
    return memory;
}

void rounds_memory(struct rounds *rounds, struct block *block, struct cell *cell)
{
    char reason[TRIALS_REASON] = "n/a: not measured";
    cJSON *memory = NULL;

    if (cell->status != CELL_OK) {
        snprintf(reason, sizeof reason, "n/a: not every trial ended well"); // and no figure of it is shown
    } else if (options_foreign_server(rounds->plan->options) && block->fetches > 0) {
        snprintf(reason, sizeof reason, "n/a: with --url nothing but the timed tasks is fetched");
    } else if (supervisor_interrupted() == 0 && !memory_fits(rounds, block, cell)) {
        snprintf(reason, sizeof reason, "n/a: no time was left for it (--time-limit)");
    } else if (supervisor_interrupted() == 0) {
        snprintf(rounds->progress->stage, sizeof rounds->progress->stage, "memory");
        rounds->progress->model = cell->label;
        progress_show(rounds->progress);
        memory = read_memory(rounds, block, cell, reason);
    }
    if (memory != NULL)
        json_set(cell->json, "memory", memory);
    else
        json_set(cell->json, "memory_reason", cJSON_CreateString(reason));
}

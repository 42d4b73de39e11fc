// SPDX-License-Identifier: MIT
#include "cmd/rounds/repeats.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "reports/document/fields.h"

unsigned *repeats_order(const struct block *block, bool warm_up, struct rng *rng, unsigned *ret_count)
{
    unsigned count = 0, *order, *cells;

    for (unsigned i = 0; i < block->cell_count; i++)
        count += warm_up ? 1 : cell_repeat(&block->cells[i]);
    order = calloc(2 * (size_t)count + 1, sizeof *order);
    if (order == NULL)
        return NULL;
    cells = order + count;
    *ret_count = count;
    for (unsigned i = 0, n = 0; i < block->cell_count; i++) {
        for (unsigned k = warm_up ? 1 : cell_repeat(&block->cells[i]); k > 0; k--)
            cells[n++] = i;
    }
    rng_order(rng, order, count);
    for (unsigned i = 0; i < count; i++)
        order[i] = cells[order[i]];
    return order;
}

void repeats_add(struct cell *cell, cJSON *sample)
{
    if (cell->trials == NULL)
        cell->trials = cJSON_CreateArray();
    cJSON_AddItemToArray(cell->trials, sample);
}

static cJSON *samples_of(const struct cell *cell)
{
    return cJSON_GetObjectItemCaseSensitive(cell->json, "samples");
}

int repeats_rounds(const struct cell *cell)
{
    return cJSON_GetArraySize(samples_of(cell)) + (cell->trials != NULL ? 1 : 0);
}

// How many of the trials took less time, or the same and were measured earlier.
static int place_of(const cJSON *trials, const cJSON *trial)
{
    double wall_ns = field_number(trial, "wall_ns");
    const cJSON *other;
    bool earlier = true;
    int place = 0;

    cJSON_ArrayForEach(other, trials) {
        double other_ns = field_number(other, "wall_ns");

        earlier = earlier && other != trial;
        place += other_ns < wall_ns || (earlier && other_ns == wall_ns);
    }
    return place;
}

// The index of the trial that stands for the round.
static int chosen(const cJSON *trials)
{
    int n = cJSON_GetArraySize(trials), middle = -1, index = 0;
    const cJSON *trial;

    cJSON_ArrayForEach(trial, trials) {
        int place = place_of(trials, trial);

        if (!sample_ok(trial))
            return index;
        if (middle < 0 && (place == (n - 1) / 2 || place == n / 2))
            middle = index;
        index++;
    }
    return middle < 0 ? 0 : middle;
}

// What each of them was.
static cJSON *outline_of(const cJSON *trials)
{
    static const char *const names[] = {"position", "start_ns", "status", "reason", "wall_ns", "cpu_ns"};
    cJSON *outline = cJSON_CreateArray();
    const cJSON *trial;

    cJSON_ArrayForEach(trial, trials) {
        cJSON *object = cJSON_CreateObject();

        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            const cJSON *item = cJSON_GetObjectItemCaseSensitive(trial, names[i]);

            if (item != NULL)
                cJSON_AddItemToObject(object, names[i], cJSON_Duplicate(item, true));
        }
        cJSON_AddItemToArray(outline, object);
    }
    return outline;
}

void repeats_end_round(struct cell *cell)
{
    cJSON *sample = cJSON_GetArrayItem(cell->trials, cell->trials != NULL ? chosen(cell->trials) : 0);

    if (sample != NULL && cJSON_GetArraySize(cell->trials) > 1)
        cJSON_AddItemToObject(sample, "trials", outline_of(cell->trials));
    if (sample != NULL)
        cJSON_AddItemToArray(samples_of(cell), cJSON_DetachItemViaPointer(cell->trials, sample));
    cJSON_Delete(cell->trials);
    cell->trials = NULL;
}

// SPDX-License-Identifier: MIT
#include "cmd/rounds/gate_rounds.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/rounds/repeats.h"
#include "measure/base/clock.h"
#include "measure/base/json.h"
#include "measure/machine/environment.h"
#include "measure/sample.h"
#include "reports/findings/gate_early.h"

// A side that gave no result so often is not asked again.
#define HARD_FAILURES 2

static const char *text(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static void set_text(cJSON *object, const char *name, const char *value)
{
    json_set(object, name, cJSON_CreateString(value));
}

// Base plays both parts of the control.
static const struct gate_side *player(const struct gate *gate, const struct gate_cell *cell, int side)
{
    return &gate->sides[cell->control ? SIDE_BASE : side];
}

static uint64_t trial_ns(const struct gate_cell *cell, int side)
{
    return cell->took_ns[side] != 0 ? cell->took_ns[side] : cell->cell->estimate_ns;
}

void gate_settle_repeat(const struct gate *gate, struct gate_cell *cell)
{
    uint64_t pair_ns = trial_ns(cell, SIDE_BASE) + trial_ns(cell, SIDE_NEW);

    cell->repeat = repeats_fitting(gate->options->repeat, pair_ns, REPEATS_NS);
    json_set(cell->json, "pairs_per_round", cJSON_CreateNumber(cell->repeat));
}

uint64_t gate_batch_ns(const struct gate *gate)
{
    uint64_t sum_ns = 0;

    for (unsigned i = 0; i <= gate->count; i++) {
        const struct gate_cell *cell = &gate->cells[i];

        for (int side = 0; cell->active && side < SIDES; side++)
            sum_ns += cell->repeat * trial_ns(cell, side);
    }
    return sum_ns * gate->rounds;
}

// `round` 0: the warm-up.
static void show(struct gate *gate, const struct gate_cell *cell, int batch, unsigned round)
{
    struct progress *progress = gate->progress;
    uint64_t batch_ns = gate_batch_ns(gate);

    if (round == 0)
        snprintf(progress->stage, sizeof progress->stage, "warm-up");
    else
        snprintf(progress->stage, sizeof progress->stage, "%sround %u of %u", batch > 1 ? "again, " : "", round,
                 gate->rounds);
    progress_tell(progress, cell->block->title, cell->cell->label,
                  batch_ns - batch_ns / gate->rounds * (round > 0 ? round - 1 : 0));
}

// The sample of a memory trial alone, or its result added to that of a timed one.
static void add_memory(struct gate *gate, const struct gate_cell *cell, struct trial_result *result)
{
    char reason[TRIALS_REASON];
    cJSON *memory;

    if (!cell->memory || result->judgement.status != SAMPLE_OK)
        return;
    memory = trials_memory(gate->trials, cell->block, cell->cell, reason);
    if (memory != NULL) {
        cJSON_AddItemToObject(result->sample, "memory", memory);
        return;
    }
    judgement_fail(&result->judgement, "%s", reason);
    sample_set_judgement(result->sample, &result->judgement);
}

static struct trial_result without_trial(unsigned round, unsigned position)
{
    struct trial_result result = {.sample = cJSON_CreateObject(), .outcome = TRIAL_DONE};

    cJSON_AddNumberToObject(result.sample, "round", round);
    cJSON_AddNumberToObject(result.sample, "position", position);
    sample_set_judgement(result.sample, &result.judgement);
    return result;
}

// One side of a pair: its sample, NULL when out of memory.
static cJSON *measure_side(struct gate *gate, struct gate_cell *cell, int side, unsigned round, unsigned position)
{
    uint64_t start_ns = clock_now_ns();
    struct trial_result result;

    gate_side_use(player(gate, cell, side), gate->trials);
    memset(&gate->trials->refusal, 0, sizeof gate->trials->refusal);
    if (!cell->timed)
        result = without_trial(round, position);
    else if (trials_timed(gate->trials, cell->block, cell->cell, round, position, &result) != 0)
        return NULL;
    add_memory(gate, cell, &result);
    cell->without_result[side] += result.outcome != TRIAL_DONE && result.outcome != TRIAL_INTERRUPTED;
    if (result.outcome == TRIAL_DONE)
        cell->took_ns[side] = clock_now_ns() - start_ns;
    return result.sample;
}

// What a refusal says of the cell: only one side may have its model or steps. True: nothing more to measure.
static bool settle_refusal(struct gate_cell *cell, const bool lacks[SIDES], cJSON *const samples[SIDES])
{
    int lacking = lacks[SIDE_NEW] ? SIDE_NEW : SIDE_BASE;
    char reason[400];

    if (cell->control || (!lacks[SIDE_BASE] && !lacks[SIDE_NEW]))
        return false;
    set_text(cell->json, "status",
             lacks[SIDE_BASE] && lacks[SIDE_NEW] ? "skipped"
             : lacks[SIDE_BASE]                  ? "added"
                                                 : "gone");
    snprintf(reason, sizeof reason, "%s: %s", side_names[lacking],
             text(samples[lacking], "reason") != NULL ? text(samples[lacking], "reason") : "refused");
    set_text(cell->json, "reason", reason);
    cell->active = false;
    return true;
}

static cJSON *make_pair(int batch, unsigned round, unsigned position, int first, cJSON *const samples[SIDES])
{
    cJSON *pair = cJSON_CreateObject();

    cJSON_AddNumberToObject(pair, "batch", batch);
    cJSON_AddNumberToObject(pair, "round", round);
    cJSON_AddNumberToObject(pair, "position", position);
    cJSON_AddStringToObject(pair, "first", side_names[first]);
    cJSON_AddItemToObject(pair, "base", samples[SIDE_BASE]);
    cJSON_AddItemToObject(pair, "new", samples[SIDE_NEW]);
    return pair;
}

static void note_cpu(struct gate_cell *cell, const cJSON *base)
{
    const cJSON *cpu = cJSON_GetObjectItemCaseSensitive(base, "cpu_ns");

    if (cJSON_IsNumber(cpu))
        cell->cpu_ns = cpu->valuedouble;
}

static void delete_samples(cJSON *const samples[SIDES])
{
    cJSON_Delete(samples[SIDE_BASE]);
    cJSON_Delete(samples[SIDE_NEW]);
}

// What hangs or dies each time would take its timeout each time.
static void give_up_hopeless(struct gate_cell *cell)
{
    if (cell->without_result[SIDE_BASE] >= HARD_FAILURES || cell->without_result[SIDE_NEW] >= HARD_FAILURES)
        cell->active = false;
}

// Both sides, back to back. 0 or -ENOMEM, with the samples there are.
static int measure_sides(struct gate *gate, struct gate_cell *cell, unsigned round, unsigned position, int first,
                         cJSON *ret_samples[SIDES], bool ret_lacks[SIDES])
{
    for (int i = 0; i < SIDES && supervisor_interrupted() == 0; i++) {
        int side = i == 0 ? first : SIDES - 1 - first;

        ret_samples[side] = measure_side(gate, cell, side, round, 2 * position + (unsigned)i + 1);
        ret_lacks[side] = gate->trials->refusal.lacks;
        if (ret_samples[side] == NULL)
            return -ENOMEM;
    }
    return 0;
}

// The warm-up (round 0) is not kept, nor is a pair that was interrupted.
static int measure_pair(struct gate *gate, struct gate_cell *cell, int batch, unsigned round, unsigned position,
                        int first)
{
    cJSON *samples[SIDES] = {NULL, NULL};
    bool lacks[SIDES] = {false, false};
    int err;

    show(gate, cell, batch, round);
    err = measure_sides(gate, cell, round, position, first, samples, lacks);
    note_cpu(cell, samples[SIDE_BASE]);
    if (err != 0 || supervisor_interrupted() != 0 || settle_refusal(cell, lacks, samples) || round == 0)
        delete_samples(samples);
    else
        cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(cell->json, "pairs"),
                             make_pair(batch, round, position + 1, first, samples));
    if (round > 0)
        give_up_hopeless(cell);
    return err;
}

// A cell's pairs of a round, of which each begins with the side that the one before ended with.
static int measure_cell(struct gate *gate, struct gate_cell *cell, int batch, unsigned round, unsigned *position,
                        int first)
{
    unsigned repeat = round > 0 ? cell->repeat : 1;
    int err = 0;

    for (unsigned i = 0; err == 0 && i < repeat && cell->active && supervisor_interrupted() == 0; i++)
        err = measure_pair(gate, cell, batch, round, (*position)++, i % 2 == 0 ? first : SIDES - 1 - first);
    return err;
}

static int measure_all(struct gate *gate, int batch, unsigned round, const unsigned *order)
{
    unsigned position = 0;

    for (unsigned i = 0; i <= gate->count && supervisor_interrupted() == 0; i++) {
        struct gate_cell *cell = &gate->cells[order[i]];
        // ABBA: each cell's order alternates from round to round, and half of the cells begin with base.
        int first = (round + order[i]) % 2 == 0 ? SIDE_NEW : SIDE_BASE;
        // As in a run, what arrives for seconds needs no warming up; if a side lacks it, that shows in the first round.
        bool wanted = cell->active && !cell->decided && (round > 0 || !plan_open_loop(cell->block));
        int err = wanted ? measure_cell(gate, cell, batch, round, &position, first) : 0;

        if (err != 0)
            return err;
    }
    return 0;
}

static void add_round(struct gate *gate, int batch, unsigned round, const struct environment_ticks *before)
{
    cJSON *object = cJSON_CreateObject();
    struct environment_ticks after;

    environment_ticks_read(&after);
    cJSON_AddNumberToObject(object, "batch", batch);
    cJSON_AddNumberToObject(object, "round", round);
    trials_add_machine(object, before, &after);
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(gate->document, "rounds"), object);
}

static int measure_round(struct gate *gate, int batch, unsigned round, unsigned *order)
{
    struct environment_ticks before;
    int err;

    rng_order(&gate->rng, order, gate->count + 1);
    environment_ticks_read(&before);
    err = measure_all(gate, batch, round, order);
    if (err == 0 && round > 0 && supervisor_interrupted() == 0)
        add_round(gate, batch, round, &before);
    return err;
}

int gate_warm_up(struct gate *gate)
{
    unsigned *order = calloc(gate->count + 1, sizeof *order);
    int err = order != NULL ? measure_round(gate, 0, 0, order) : -ENOMEM;

    // A trial that failed in it may do better when it counts.
    for (unsigned i = 0; i < gate->count; i++)
        memset(gate->cells[i].without_result, 0, sizeof gate->cells[i].without_result);
    for (unsigned i = 0; i < gate->count; i++)
        gate_settle_repeat(gate, &gate->cells[i]);
    free(order);
    return err;
}

void gate_choose_control(struct gate *gate)
{
    struct gate_cell *control = &gate->cells[gate->count];
    const struct gate_cell *chosen = NULL;

    for (unsigned i = 0; i < gate->count; i++) {
        const struct gate_cell *cell = &gate->cells[i];

        if (cell->active && (chosen == NULL || cell->cpu_ns > chosen->cpu_ns))
            chosen = cell;
    }
    if (chosen == NULL)
        return;
    *control = *chosen;
    control->control = true;
    control->json = cJSON_Duplicate(chosen->json, true);
    json_set(gate->document, "control", control->json);
}

static bool anything_open(const struct gate *gate)
{
    for (unsigned i = 0; i < gate->count; i++) {
        if (gate->cells[i].active && !gate->cells[i].decided)
            return true;
    }
    return false;
}

static void decide_cells(struct gate *gate, const struct pairs_looks *looks, int batch)
{
    for (unsigned i = 0; i < gate->count; i++) {
        struct gate_cell *cell = &gate->cells[i];

        if (cell->active && !cell->decided)
            cell->decided = gate_cell_decided(gate->document, cell->json, looks, batch);
    }
}

int gate_batch(struct gate *gate, int batch)
{
    unsigned *order = calloc(gate->count + 1, sizeof *order);
    struct pairs_looks looks;
    int err = gate_looks_make(gate->document, &looks);

    if (order == NULL)
        err = -ENOMEM;
    for (unsigned i = 0; i < gate->count; i++)
        gate->cells[i].decided = false;
    for (unsigned round = 1; err == 0 && round <= gate->rounds && anything_open(gate); round++) {
        if (supervisor_interrupted() != 0)
            break;
        err = measure_round(gate, batch, round, order);
        if (err == 0)
            decide_cells(gate, &looks, batch);
    }
    pairs_looks_release(&looks);
    free(order);
    return err;
}

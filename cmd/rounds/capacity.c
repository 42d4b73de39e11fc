// SPDX-License-Identifier: MIT
#include "cmd/rounds/capacity.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "cmd/plan/estimate.h"
#include "cmd/plan/weigh.h"
#include "cmd/rounds/calibrations.h"
#include "cmd/rounds/capacity_end.h"
#include "cmd/rounds/capacity_probe.h"
#include "measure/base/clock.h"
#include "measure/base/json.h"
#include "measure/lateness.h"
#include "reports/document/fields.h"

// Rates from the closed loop's throughput down and up by so much are probed.
#define DOWN 1024
#define UP 64
#define MOST_PER_S 1e7
// Trials in a row without a result after which a probe shows nothing, and the model gets no more.
#define FAULTS 2
#define MOST_FAULTS 6

static bool goes_on(struct capacity *capacity)
{
    struct rounds *rounds = capacity->rounds;

    rounds->out_of_time |= rounds->deadline_ns != 0 && clock_now_ns() >= rounds->deadline_ns;
    return supervisor_interrupted() == 0 && !rounds->out_of_time;
}

static void show(const struct capacity *capacity, const struct cell *cell, double per_s)
{
    struct progress *progress = capacity->rounds->progress;
    uint64_t now_ns = clock_now_ns(), deadline_ns = capacity->rounds->deadline_ns;

    if (per_s > 0)
        snprintf(progress->stage, sizeof progress->stage, "at %.0f/s", per_s);
    else
        snprintf(progress->stage, sizeof progress->stage, "closed loop");
    progress_tell(progress, capacity->block->title, cell->label,
                  (deadline_ns > now_ns ? deadline_ns - now_ns : 0) + capacity->rounds->later_ns);
}

// What a trial is worth.
enum use {
    USE_FIGURES, // or the failures of its tasks
    USE_NOTHING, // it gave no result
    USE_OVER,    // the cell is over, or the whole search
};

static enum use judge_trial(struct capacity *capacity, struct cell *cell, struct contender *contender,
                            const struct trial_result *result)
{
    struct trials *trials = capacity->rounds->trials;

    if (result->outcome == TRIAL_INTERRUPTED)
        return USE_OVER;
    if (trials_lack(trials, cell))
        cell_end(cell, CELL_SKIPPED, "%s", result->judgement.reason);
    else if (result->judgement.status == SAMPLE_WRONG)
        cell_end(cell, CELL_WRONG, "%s", result->judgement.reason);
    if (cell->ended)
        return USE_OVER;
    // What takes so much longer than its arrivals is far behind.
    if (trials->outgrown)
        return goes_on(capacity) ? USE_FIGURES : USE_OVER;
    contender->faults = result->outcome == TRIAL_DONE ? 0 : contender->faults + 1;
    return result->outcome == TRIAL_DONE ? USE_FIGURES : USE_NOTHING;
}

// A trial of the block as it is. *ret_result's sample is the caller's. 0 or -ENOMEM.
static int one_trial(struct capacity *capacity, struct cell *cell, unsigned round, struct trial_result *ret_result,
                     enum use *ret_use)
{
    struct contender *contender = &capacity->contenders[cell - capacity->block->cells];

    cell->estimate_ns = estimate_trial(capacity->block, cell);
    show(capacity, cell, capacity->block->arrivals.rate_per_s);
    if (trials_timed(capacity->rounds->trials, capacity->block, cell, round, 1, ret_result) != 0)
        return -ENOMEM;
    *ret_use = judge_trial(capacity, cell, contender, ret_result);
    return 0;
}

// Where the search begins: what the model carries when the next task comes as soon as a lane is free. 0 or -ENOMEM.
static int begin_search(struct capacity *capacity, struct cell *cell)
{
    struct contender *contender = &capacity->contenders[cell - capacity->block->cells];
    struct trial_result result;
    enum use use = USE_NOTHING;
    int err = 0;

    while (err == 0 && use == USE_NOTHING && contender->faults < FAULTS && goes_on(capacity)) {
        err = one_trial(capacity, cell, 1, &result, &use);
        if (err != 0)
            return err;
        if (use == USE_FIGURES && sample_ok(result.sample))
            contender->closed_per_s = field_number(result.sample, "tasks") / field_number(result.sample, "run_ns") *
                                      (double)NS_PER_S;
        else if (use != USE_OVER && (use == USE_FIGURES || contender->faults == FAULTS))
            cell_end(cell, CELL_FAILED, "%s", field_text(result.sample, "reason"));
        cJSON_Delete(result.sample);
    }
    contender->faults = 0;
    contender->search.start_per_s = contender->closed_per_s;
    contender->search.least = contender->closed_per_s / DOWN;
    contender->search.most = fmin(contender->closed_per_s * UP, MOST_PER_S);
    return 0;
}

static bool carried(const struct capacity *capacity, const struct cell *cell, const struct trial_result *result)
{
    const struct block *work = plan_work(capacity->block, cell);
    struct lateness lateness;

    return result->judgement.status == SAMPLE_OK &&
           lateness_of(capacity->rounds->trials->slots, work->tasks, (uint32_t)work->workload.mix.count,
                       result->arrivals_start_ns, &lateness) == 0 &&
           lateness.carried;
}

// The samples of a rate that was probed before, or will be.
static cJSON **samples_of(struct contender *contender, double per_s)
{
    unsigned i = 0;

    while (i < contender->search.count && contender->search.rates[i].per_s != per_s)
        i++;
    if (contender->samples[i] == NULL)
        contender->samples[i] = cJSON_CreateArray();
    return &contender->samples[i];
}

// Trials at the block's rate, until they show something. Whether the probe came to its end.
static int run_probe(struct capacity *capacity, struct cell *cell, struct capacity_probe *probe, cJSON *samples,
                     enum capacity_verdict *ret_verdict, bool *ret_whole)
{
    struct contender *contender = &capacity->contenders[cell - capacity->block->cells];

    *ret_whole = false;
    *ret_verdict = CAPACITY_UNSHOWN;
    while (!capacity_probe_is_over(probe, ret_verdict) && goes_on(capacity)) {
        unsigned round = (unsigned)cJSON_GetArraySize(samples) + 1;
        struct trial_result result;
        enum use use;

        if (one_trial(capacity, cell, round, &result, &use) != 0)
            return -ENOMEM;
        if (use == USE_FIGURES)
            capacity_probe_take(probe, capacity->rule, result.sample, carried(capacity, cell, &result));
        else if (use == USE_NOTHING)
            snprintf(probe->reason, sizeof probe->reason, "%s", field_text(result.sample, "reason"));
        if (use == USE_FIGURES && sample_ok(result.sample))
            cJSON_AddItemToArray(samples, result.sample);
        else
            cJSON_Delete(result.sample);
        if (use == USE_OVER)
            return 0;
        if (use == USE_NOTHING && contender->faults % FAULTS == 0)
            break;
    }
    *ret_whole = goes_on(capacity) || capacity_probe_is_over(probe, ret_verdict);
    return 0;
}

static int probe_at(struct capacity *capacity, struct cell *cell, double per_s)
{
    struct contender *contender = &capacity->contenders[cell - capacity->block->cells];
    struct capacity_probe probe = {.per_s = per_s};
    cJSON **samples = samples_of(contender, per_s);
    enum capacity_verdict verdict;
    bool whole;
    int err = capacity_set_rate(capacity->rounds->plan->options, capacity->rule, capacity->block, per_s);

    probe.tasks = capacity->block->tasks;
    if (err == 0)
        err = run_probe(capacity, cell, &probe, *samples, &verdict, &whole);
    if (err != 0 || !whole)
        return err;
    capacity_add(&contender->search, per_s, verdict);
    // Where there were too few tasks, there are fewer at lower rates.
    if (probe.trials > 0 && isnan(probe.worst[probe.trials - 1]))
        contender->search.least = fmax(contender->search.least, per_s);
    cJSON_AddItemToArray(contender->probes, capacity_probe_json(&probe, capacity->rule, verdict));
    if (contender->faults >= MOST_FAULTS)
        contender->stopped = "faults";
    return 0;
}

// The next probe of a model, or why there is none.
static int one_step(struct capacity *capacity, struct cell *cell)
{
    struct contender *contender = &capacity->contenders[cell - capacity->block->cells];
    double per_s = capacity_next(&contender->search);

    if (per_s > 0)
        return probe_at(capacity, cell, per_s);
    contender->stopped = capacity_is_found(&contender->search)         ? "found"
                         : contender->search.probes >= CAPACITY_PROBES ? "probes"
                                                                       : "noise";
    return 0;
}

static bool is_active(const struct capacity *capacity, unsigned i)
{
    return !capacity->block->cells[i].ended && capacity->contenders[i].stopped == NULL;
}

// One of each model in turn, so that a slow minute meets them all. *ret_any: whether some model was still looked for.
static int each(struct capacity *capacity, int (*step)(struct capacity *capacity, struct cell *cell), bool *ret_any)
{
    unsigned count = capacity->block->cell_count, *order = calloc(count + 1, sizeof *order);
    int err = order != NULL ? 0 : -ENOMEM;

    *ret_any = false;
    if (err == 0)
        rng_order(&capacity->rounds->rng, order, count);
    for (unsigned i = 0; err == 0 && i < count && goes_on(capacity); i++) {
        if (!is_active(capacity, order[i]))
            continue;
        *ret_any = true;
        err = step(capacity, &capacity->block->cells[order[i]]);
    }
    free(order);
    return err;
}

static int search(struct capacity *capacity)
{
    bool any = false;
    int err = each(capacity, begin_search, &any);

    while (err == 0 && any && goes_on(capacity))
        err = each(capacity, one_step, &any);
    return err;
}

static bool has_rate(const struct block *block)
{
    for (size_t i = 0; i < block->workload.mix.count; i++) {
        if (block->workload.mix.classes[i].every_ns == 0)
            return true;
    }
    return false;
}

static void skip_what_has_none(struct block *block)
{
    for (unsigned i = 0; i < block->cell_count; i++) {
        struct cell *cell = &block->cells[i];

        if (!cell->ended && cell->entry->model->pretends)
            cell_end(cell, CELL_SKIPPED, "does nothing, so that no rate is too high for it");
        else if (!cell->ended && !has_rate(block))
            cell_end(cell, CELL_SKIPPED, "all its tasks have a clock of their own, and no rate");
    }
}

// 0 or -ENOMEM.
static int open_search(struct capacity *capacity)
{
    struct rounds *rounds = capacity->rounds;
    cJSON *calibrations;

    rounds->share_ns = rounds->deadline_ns != 0 ? rounds->deadline_ns - clock_now_ns() : 0;
    rounds->trials->share_ns = rounds->share_ns;
    rounds->trials->deadline_ns = rounds->deadline_ns != 0 ? rounds->deadline_ns + rounds->share_ns / ROUNDS_OVERTIME
                                                           : 0;
    capacity->contenders = calloc(capacity->block->cell_count, sizeof *capacity->contenders);
    if (capacity->contenders == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < capacity->block->cell_count; i++)
        capacity->contenders[i].probes = cJSON_CreateArray();
    calibrations = calibrations_make(capacity->block);
    calibrate_block(rounds->trials, capacity->block, calibrations, false);
    cJSON_Delete(calibrations);
    skip_what_has_none(capacity->block);
    estimate_skip_long(capacity->block, rounds->share_ns);
    return 0;
}

static void close_search(struct capacity *capacity)
{
    for (unsigned i = 0; i < capacity->block->cell_count; i++)
        for (unsigned j = 0; j < CAPACITY_PROBES; j++)
            cJSON_Delete(capacity->contenders[i].samples[j]);
    free(capacity->contenders);
}

int capacity_measure(struct rounds *rounds, const struct capacity_rule *rule, struct block *block)
{
    struct capacity capacity = {.rounds = rounds, .rule = rule, .block = block};
    uint64_t began_ns = clock_now_ns();
    int err = open_search(&capacity);

    if (err != 0)
        return err;
    err = search(&capacity);
    if (err == 0)
        err = capacity_end(&capacity);
    close_search(&capacity);
    json_set(block->json, "duration_ns", cJSON_CreateNumber((double)(clock_now_ns() - began_ns)));
    return err;
}

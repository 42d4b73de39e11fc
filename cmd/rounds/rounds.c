// SPDX-License-Identifier: MIT
#include "cmd/rounds/rounds.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/plan/ideal.h"
#include "measure/base/clock.h"
#include "measure/base/rng.h"
#include "measure/base/stats.h"
#include "measure/base/units.h"
#include "reports/findings/yardstick.h"

// A cell that gave no result so often is not tried again.
#define HARD_FAILURES 2

static bool runnable(const struct cell *cell)
{
    return !cell->skipped && !cell->stopped;
}

static uint64_t round_estimate(const struct block *block)
{
    uint64_t sum_ns = 0;

    for (unsigned i = 0; i < block->cell_count; i++)
        sum_ns += runnable(&block->cells[i]) ? block->cells[i].estimate_ns : 0;
    return sum_ns;
}

static unsigned expected_rounds(const struct plan *plan, const struct block *block)
{
    if (plan->options->rounds != 0)
        return plan->options->rounds;
    return plan_open_loop(block) ? SWEEP_OPEN_ROUNDS : ROUNDS_TYPICAL;
}

// A user's server gets no request outside the tasks that count. An open loop is as long as its tasks arrive, long enough
// to be warm for most of it.
static bool warms_up(const struct plan *plan, const struct block *block)
{
    return !options_foreign_server(plan->options) && !plan_open_loop(block);
}

uint64_t rounds_estimate(const struct plan *plan, const struct block *block)
{
    return round_estimate(block) * (expected_rounds(plan, block) + warms_up(plan, block));
}

static void show(struct rounds *rounds, const struct block *block, unsigned round, const char *model)
{
    struct progress *progress = rounds->progress;
    unsigned expected = expected_rounds(rounds->plan, block);
    unsigned left = round < expected ? expected - round + 1 : 1;
    double spent = (double)(clock_now_ns() - progress->start_ns);

    progress->workload = block->title;
    progress->model = model;
    if (round == 0)
        snprintf(progress->stage, sizeof progress->stage, "warm-up");
    else
        snprintf(progress->stage, sizeof progress->stage, "round %u of %s%u", round,
                 rounds->plan->options->rounds != 0 ? "" : "about ", expected);
    progress->left_ns = left * round_estimate(block) + rounds->later_ns;
    progress->done = spent / (spent + (double)progress->left_ns);
    progress_show(progress);
}

static void tell_progress(void *data)
{
    progress_show(data);
}

static void calibrate(struct rounds *rounds, struct block *block, bool counts)
{
    if (block->mean_units <= 0 || supervisor_interrupted() != 0)
        return;
    block->task_cpu_ns = trials_calibrate(rounds->trials, block);
    if (counts)
        cJSON_AddItemToArray(block->calibration_samples, cJSON_CreateNumber((double)block->task_cpu_ns));
}

static void shuffle(struct rounds *rounds, unsigned *order, unsigned count)
{
    struct rng rng = {.state = rounds->rng_state};

    for (unsigned i = 0; i < count; i++)
        order[i] = i;
    rng_shuffle(&rng, order, count, sizeof *order, sizeof *order);
    rounds->rng_state = rng.state;
}

static void note_outcome(struct cell *cell, const cJSON *sample, enum trial_outcome outcome, uint64_t took_ns)
{
    const char *reason = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(sample, "reason"));

    if (outcome == TRIAL_DONE) {
        cell->estimate_ns = took_ns;
        return;
    }
    snprintf(cell->reason, sizeof cell->reason, "%s", reason != NULL ? reason : "no result");
    if (++cell->hard_failures >= HARD_FAILURES)
        cell->stopped = true;
}

static int one_trial(struct rounds *rounds, struct block *block, struct cell *cell, unsigned round, unsigned position)
{
    uint64_t start_ns = clock_now_ns();
    enum trial_outcome outcome;
    cJSON *sample;

    show(rounds, block, round, cell->label);
    sample = trials_timed(rounds->trials, block, cell, round, position, &outcome);
    if (sample == NULL)
        return -ENOMEM;
    if (outcome != TRIAL_INTERRUPTED)
        note_outcome(cell, sample, outcome, clock_now_ns() - start_ns);
    // The warm-up is not counted, unless it is all there will be of this cell.
    if (outcome == TRIAL_INTERRUPTED || (round == 0 && !cell->stopped))
        cJSON_Delete(sample);
    else
        cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(cell->json, "samples"), sample);
    return 0;
}

static int one_round(struct rounds *rounds, struct block *block, unsigned round)
{
    unsigned order[64] = {0}, position = 0;

    calibrate(rounds, block, round > 0);
    shuffle(rounds, order, block->cell_count);
    for (unsigned i = 0; i < block->cell_count; i++) {
        struct cell *cell = &block->cells[order[i]];

        if (supervisor_interrupted() != 0)
            return 0;
        if (runnable(cell) && one_trial(rounds, block, cell, round, ++position) != 0)
            return -ENOMEM;
    }
    return 0;
}

// What the run is to be precise about: the time; of an open loop, which takes as long as tasks arrive, the latency.
static double figure_of(const struct block *block, const cJSON *sample)
{
    return yardstick_in_sample(!plan_open_loop(block)           ? YARDSTICK_TIME
                               : yardstick_has_p99(block->json) ? YARDSTICK_P99
                                                                : YARDSTICK_SLOWEST,
                               sample);
}

// Whether the cell's 95 % interval is within +- precision of its median.
static bool precise(const struct block *block, const struct cell *cell, double precision)
{
    const cJSON *sample, *samples = cJSON_GetObjectItemCaseSensitive(cell->json, "samples");
    int capacity = cJSON_GetArraySize(samples);
    double *values = malloc(((size_t)capacity + 1) * sizeof *values);
    struct stats_interval interval = {.valid = false};
    double median = 0;
    size_t n = 0;

    if (values == NULL)
        return false;
    cJSON_ArrayForEach(sample, samples)
    {
        double figure = figure_of(block, sample);

        if (!isnan(figure))
            values[n++] = figure;
    }
    if (n >= ROUNDS_LEAST) {
        stats_sort(values, n);
        median = stats_median(values, n);
        interval = stats_median_interval(values, n, 0.95);
    }
    free(values);
    return interval.valid && (interval.high - interval.low) / 2 <= precision * median;
}

static bool all_precise(const struct rounds *rounds, const struct block *block)
{
    for (unsigned i = 0; i < block->cell_count; i++) {
        if (runnable(&block->cells[i]) && !precise(block, &block->cells[i], rounds->plan->options->precision))
            return false;
    }
    return true;
}

static bool anything_runs(const struct block *block)
{
    for (unsigned i = 0; i < block->cell_count; i++) {
        if (runnable(&block->cells[i]))
            return true;
    }
    return false;
}

// What carrying out all tasks takes when they need not arrive first.
static uint64_t memory_estimate(const struct rounds *rounds, const struct block *block, const struct cell *cell)
{
    struct block closed = *block;

    if (!plan_open_loop(block))
        return cell->estimate_ns;
    closed.span_ns = 0;
    return plan_estimate(rounds->plan, &closed, cell);
}

// Time for `ns` more and for the memory trials?
static bool time_for(const struct rounds *rounds, const struct block *block, uint64_t ns)
{
    uint64_t memory_ns = 0;

    if (rounds->deadline_ns == 0)
        return true;
    for (unsigned i = 0; i < block->cell_count; i++) {
        const struct cell *cell = &block->cells[i];
        double share = fmin(1, 2.0 * cell->lanes / block->tasks);

        memory_ns += runnable(cell) ? (uint64_t)(share * (double)memory_estimate(rounds, block, cell)) : 0;
    }
    return clock_now_ns() + ns + memory_ns <= rounds->deadline_ns;
}

// Rounds until one of the reasons to stop; its name.
static const char *repeat(struct rounds *rounds, struct block *block, unsigned *ret_rounds)
{
    unsigned wanted = rounds->plan->options->rounds, in_a_row = 0;

    for (unsigned round = 1;; round++) {
        uint64_t start_ns = clock_now_ns();

        if (one_round(rounds, block, round) != 0)
            return NULL;
        if (supervisor_interrupted() != 0)
            return "interrupted";
        *ret_rounds = round;
        if (!anything_runs(block))
            return "rounds";
        if (wanted != 0 && round >= wanted)
            return "rounds";
        if (wanted == 0) {
            in_a_row = all_precise(rounds, block) ? in_a_row + 1 : 0;
            if (in_a_row == 2)
                return "precision";
        }
        if (!time_for(rounds, block, clock_now_ns() - start_ns))
            return "time limit";
    }
}

static void measure_memory(struct rounds *rounds, struct block *block)
{
    for (unsigned i = 0; i < block->cell_count; i++) {
        struct cell *cell = &block->cells[i];
        char reason[320] = "n/a: not measured";
        cJSON *memory = NULL;

        if (!runnable(cell))
            continue;
        if (options_foreign_server(rounds->plan->options) && block->fetches > 0) {
            snprintf(reason, sizeof reason, "n/a: with --url nothing but the timed tasks is fetched");
        } else if (supervisor_interrupted() == 0) {
            snprintf(rounds->progress->stage, sizeof rounds->progress->stage, "memory");
            rounds->progress->model = cell->label;
            progress_show(rounds->progress);
            memory = trials_memory(rounds->trials, block, cell, reason);
        }
        if (memory != NULL)
            cJSON_ReplaceItemInObjectCaseSensitive(cell->json, "memory", memory);
        else
            cJSON_ReplaceItemInObjectCaseSensitive(cell->json, "memory_reason", cJSON_CreateString(reason));
    }
}

// 0 where there are none.
static double median_of(const cJSON *numbers)
{
    double *values = malloc(((size_t)cJSON_GetArraySize(numbers) + 1) * sizeof *values), median = 0;
    const cJSON *number;
    size_t n = 0;

    if (values == NULL)
        return 0;
    cJSON_ArrayForEach(number, numbers) values[n++] = number->valuedouble;
    stats_sort(values, n);
    if (n > 0)
        median = stats_median(values, n);
    free(values);
    return median;
}

static void add_ideal(struct block *block, double task_cpu_ns)
{
    struct ideal ideal;

    if (!ideal_of(block, task_cpu_ns, &ideal))
        return;
    cJSON_ReplaceItemInObjectCaseSensitive(block->json, "ideal_ns", cJSON_CreateNumber(ideal.ns));
    cJSON_ReplaceItemInObjectCaseSensitive(block->json, "ideal_formula", cJSON_CreateString(ideal.formula));
    cJSON_ReplaceItemInObjectCaseSensitive(block->json, "ideal_reason", cJSON_CreateNull());
}

static void add_calibration(struct block *block)
{
    double task_cpu_ns = median_of(block->calibration_samples);
    cJSON *calibration;

    add_ideal(block, task_cpu_ns);
    if (task_cpu_ns <= 0)
        return;
    calibration = cJSON_CreateObject();
    cJSON_AddNumberToObject(calibration, "task_cpu_ns", task_cpu_ns);
    cJSON_AddItemToObject(calibration, "samples", cJSON_Duplicate(block->calibration_samples, true));
    cJSON_ReplaceItemInObjectCaseSensitive(block->json, "calibration", calibration);
}

// The status of a cell from its samples: a failed or wrong one voids the claim of all others.
static void conclude(struct cell *cell)
{
    const cJSON *sample, *samples = cJSON_GetObjectItemCaseSensitive(cell->json, "samples");
    const char *status = cell->skipped ? "skipped" : cell->stopped ? "failed" : "ok", *reason = cell->reason;

    if (!cell->skipped && !cell->stopped) {
        reason = "";
        if (cJSON_GetArraySize(samples) == 0) {
            status = "skipped";
            reason = "interrupted";
        }
    }
    cJSON_ArrayForEach(sample, samples)
    {
        const char *verdict = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(sample, "status"));

        if (strcmp(status, "ok") == 0 && strcmp(verdict, "ok") != 0) {
            status = verdict;
            reason = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(sample, "reason"));
        }
    }
    cJSON_ReplaceItemInObjectCaseSensitive(cell->json, "status", cJSON_CreateString(status));
    if (reason != NULL && reason[0] != '\0')
        cJSON_ReplaceItemInObjectCaseSensitive(cell->json, "reason", cJSON_CreateString(reason));
}

int rounds_measure(struct rounds *rounds, struct block *block)
{
    uint64_t share_ns = rounds->deadline_ns != 0 ? rounds->deadline_ns - clock_now_ns() : 0;
    bool warm_up = warms_up(rounds->plan, block);
    const char *stopped = "interrupted";
    unsigned count = 0;

    rounds->trials->on_tick = tell_progress;
    rounds->trials->data = rounds->progress;
    block->calibration_samples = cJSON_CreateArray();
    calibrate(rounds, block, false);
    plan_skip_long(rounds->plan, block, share_ns);
    if (warm_up && (rounds->deadline_ns == 0 || 2 * round_estimate(block) < share_ns))
        warm_up = one_round(rounds, block, 0) == 0;
    else
        warm_up = false;
    if (supervisor_interrupted() == 0)
        stopped = repeat(rounds, block, &count);
    if (stopped != NULL)
        measure_memory(rounds, block);
    for (unsigned i = 0; i < block->cell_count; i++)
        conclude(&block->cells[i]);
    add_calibration(block);
    cJSON_Delete(block->calibration_samples);
    cJSON_ReplaceItemInObjectCaseSensitive(block->json, "rounds", cJSON_CreateNumber(count));
    cJSON_ReplaceItemInObjectCaseSensitive(block->json, "warmup", cJSON_CreateBool(warm_up));
    cJSON_ReplaceItemInObjectCaseSensitive(block->json, "stopped", cJSON_CreateString(stopped != NULL ? stopped : ""));
    return stopped != NULL ? 0 : -ENOMEM;
}

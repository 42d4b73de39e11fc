// SPDX-License-Identifier: MIT
#include "cmd/rounds/rounds.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/plan/estimate.h"
#include "cmd/rounds/build_document.h"
#include "cmd/rounds/calibrations.h"
#include "cmd/rounds/repeats.h"
#include "cmd/rounds/rounds_memory.h"
#include "cmd/rounds/task_times.h"
#include "measure/base/clock.h"
#include "measure/base/json.h"
#include "measure/base/stats.h"
#include "measure/base/units.h"
#include "reports/findings/yardstick.h"

// A cell that gave no result so often is not tried again.
#define HARD_FAILURES 2
#define OUTGREW "took longer than its share"

// So many rounds and the memory trials, or as much of them as the block has time for.
static uint64_t time_left(const struct rounds *rounds, const struct block *block, unsigned rounds_left)
{
    uint64_t now_ns = clock_now_ns(), ns = rounds_left * estimate_round(block) + estimate_memory(block, NULL);
    uint64_t rest_ns = rounds->deadline_ns > now_ns ? rounds->deadline_ns - now_ns : 0;

    return rounds->deadline_ns != 0 && ns > rest_ns ? rest_ns : ns;
}

static void show(struct rounds *rounds, const struct block *block, unsigned round, const char *model)
{
    struct progress *progress = rounds->progress;
    unsigned expected = estimate_rounds(rounds->plan, block);
    unsigned left = round < expected ? expected - round + 1 : 1;

    if (round == 0)
        snprintf(progress->stage, sizeof progress->stage, "warm-up");
    else if (round > expected)
        snprintf(progress->stage, sizeof progress->stage, "round %u", round);
    else
        snprintf(progress->stage, sizeof progress->stage, "round %u of %s%u", round,
                 rounds->plan->options->rounds != 0 ? "" : "about ", expected);
    progress_tell(progress, block->title, model, time_left(rounds, block, left) + rounds->later_ns);
}

// A failed or wrong sample voids the whole cell's claim to speed, whatever its other samples say; the first says why.
static void note_judgement(struct cell *cell, const struct judgement *judgement)
{
    static const enum cell_status statuses[] = {
        [SAMPLE_OK] = CELL_OK, [SAMPLE_FAILED] = CELL_FAILED, [SAMPLE_WRONG] = CELL_WRONG};

    if (cell->status != CELL_OK || judgement->status == SAMPLE_OK)
        return;
    cell->status = statuses[judgement->status];
    snprintf(cell->reason, sizeof cell->reason, "%s", judgement->reason);
}

static void end_early(struct cell *cell, int samples, bool by_itself)
{
    cell->ended = true;
    if (!by_itself)
        return;
    json_set(cell->json, "ended_after", cJSON_CreateNumber(samples));
    json_set(cell->json, "memory_reason", cJSON_CreateString("n/a: a trial " OUTGREW));
}

// A trial that the time limit ended takes nothing from what the cell has; one without any is left out.
static void note_outgrown(struct rounds *rounds, struct cell *cell, uint64_t took_ns)
{
    int samples = repeats_rounds(cell);
    bool by_itself;
    char took[UNITS_TEXT];

    rounds->out_of_time = clock_now_ns() >= rounds->trials->deadline_ns;
    // Else it had only begun when the block's time was over.
    by_itself = !rounds->out_of_time || took_ns > rounds->trials->share_ns / 10;
    if (samples > 0)
        end_early(cell, samples, by_itself);
    else if (by_itself)
        cell_end(cell, CELL_SKIPPED, OUTGREW " (%s; a longer --time-limit, or --rounds)",
                 units_format_duration(took, (double)took_ns));
}

static void note_outcome(const struct rounds *rounds, struct cell *cell, const struct trial_result *result,
                         uint64_t took_ns)
{
    if (result->outcome == TRIAL_DONE)
        cell->estimate_ns = took_ns;
    else if (++cell->hard_failures >= HARD_FAILURES || rounds->trials->stalled)
        cell_end(cell, CELL_FAILED, "%s", result->judgement.reason);
}

static int one_trial(struct rounds *rounds, struct block *block, struct cell *cell, unsigned round, unsigned position)
{
    uint64_t start_ns = clock_now_ns();
    struct trial_result result;

    show(rounds, block, round, cell->label);
    if (trials_timed(rounds->trials, block, cell, round, position, &result) != 0)
        return -ENOMEM;
    if (trials_lack(rounds->trials, cell))
        cell_end(cell, CELL_SKIPPED, "%s", result.judgement.reason);
    else if (rounds->trials->outgrown)
        note_outgrown(rounds, cell, clock_now_ns() - start_ns);
    else if (result.outcome != TRIAL_INTERRUPTED)
        note_outcome(rounds, cell, &result, clock_now_ns() - start_ns);
    // The warm-up is not counted.
    if (result.outcome == TRIAL_INTERRUPTED || rounds->trials->outgrown || round == 0 ||
        trials_lack(rounds->trials, cell)) {
        cJSON_Delete(result.sample);
        return 0;
    }
    note_judgement(cell, &result.judgement);
    // More rounds of the same would show the same.
    cell->ended |= result.judgement.all_failed;
    rounds->void_cells += result.judgement.all_failed;
    if (result.judgement.status == SAMPLE_OK)
        task_times_record(rounds->times, block, cell, rounds->trials, result.arrivals_start_ns);
    repeats_add(cell, result.sample);
    return 0;
}

static bool goes_on(const struct rounds *rounds)
{
    return supervisor_interrupted() == 0 && !rounds->out_of_time;
}

static int one_round(struct rounds *rounds, struct block *block, unsigned round)
{
    unsigned count = 0, *order = repeats_order(block, round == 0, &rounds->rng, &count), position = 0;
    int err = order != NULL ? 0 : -ENOMEM;

    calibrate_block(rounds->trials, block, rounds->calibrations, round > 0);
    for (unsigned i = 0; err == 0 && i < count && goes_on(rounds); i++) {
        struct cell *cell = &block->cells[order[i]];

        if (!cell->ended)
            err = one_trial(rounds, block, cell, round, ++position);
    }
    for (unsigned i = 0; i < block->cell_count; i++)
        repeats_end_round(&block->cells[i]);
    free(order);
    return err;
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
    double *values = calloc((size_t)cJSON_GetArraySize(samples) + 1, sizeof *values);
    struct stats_summary summary = {.interval = false};
    size_t n = 0;

    if (values == NULL)
        return false;
    cJSON_ArrayForEach(sample, samples) {
        values[n] = figure_of(block, sample);
        n += !isnan(values[n]);
    }
    if (n >= STATS_INTERVAL_LEAST && stats_summarise(values, n, &summary) != 0)
        summary.interval = false;
    free(values);
    return summary.interval &&
           fmax(summary.high - summary.median, summary.median - summary.low) <= precision * summary.median;
}

static bool all_precise(const struct rounds *rounds, const struct block *block)
{
    for (unsigned i = 0; i < block->cell_count; i++) {
        if (!block->cells[i].ended && !precise(block, &block->cells[i], rounds->plan->options->precision))
            return false;
    }
    return true;
}

static bool anything_runs(const struct block *block)
{
    for (unsigned i = 0; i < block->cell_count; i++) {
        if (!block->cells[i].ended)
            return true;
    }
    return false;
}

// By the time it had: nothing was wrong with it.
static bool any_was_cut(const struct block *block)
{
    for (unsigned i = 0; i < block->cell_count; i++) {
        if (block->cells[i].ended && block->cells[i].status == CELL_OK)
            return true;
    }
    return false;
}

// Time for a round that takes `ns`, and for the memory trials? The rounds without which nothing can be concluded come first.
static bool time_for(const struct rounds *rounds, const struct block *block, unsigned round, uint64_t ns)
{
    uint64_t memory_ns = round < STATS_INTERVAL_LEAST ? 0 : estimate_memory_part(block, rounds->share_ns);

    return rounds->deadline_ns == 0 || clock_now_ns() + ns + memory_ns <= rounds->deadline_ns;
}

// Whether the intervals have been tight enough after two rounds in a row.
static bool precise_twice(struct rounds *rounds, const struct block *block)
{
    rounds->precise_in_a_row = all_precise(rounds, block) ? rounds->precise_in_a_row + 1 : 0;
    return rounds->precise_in_a_row == 2;
}

// Why no round follows that one, which took so long; NULL: one does.
static const char *reason_to_stop(struct rounds *rounds, const struct block *block, unsigned round, uint64_t took_ns)
{
    unsigned wanted = rounds->plan->options->rounds;

    if (!anything_runs(block) && rounds->void_cells > 0)
        return "failures";
    if (rounds->out_of_time || (!anything_runs(block) && any_was_cut(block)))
        return "time limit";
    if (!anything_runs(block) || (wanted != 0 && round >= wanted))
        return "rounds";
    if (wanted == 0 && precise_twice(rounds, block))
        return "precision";
    if (wanted == 0 && estimate_enough(rounds->plan, block) && round >= STATS_INTERVAL_LEAST)
        return "enough";
    return time_for(rounds, block, round, took_ns) ? NULL : "time limit";
}

int rounds_next(struct rounds *rounds, struct block *block)
{
    uint64_t start_ns = clock_now_ns();
    int err = one_round(rounds, block, rounds->count + 1);

    if (err != 0 || supervisor_interrupted() != 0) {
        rounds->stopped = "interrupted";
        return err;
    }
    rounds->count++;
    rounds->stopped = reason_to_stop(rounds, block, rounds->count, clock_now_ns() - start_ns);
    return 0;
}

// Where there is time for it. Whether there was one.
static bool warm_up(struct rounds *rounds, struct block *block, uint64_t share_ns)
{
    bool wanted = !rounds->warm && estimate_warms_up(rounds->plan, block) &&
                  (rounds->deadline_ns == 0 || 2 * estimate_round(block) < share_ns);

    return wanted && one_round(rounds, block, 0) == 0;
}

// How many trials a round has, now that it is known what one takes.
static void settle_repeats(const struct rounds *rounds, struct block *block, bool warm)
{
    uint64_t now_ns = clock_now_ns(), kept_ns = estimate_memory_part(block, rounds->share_ns), left_ns = 0;

    if (rounds->deadline_ns != 0)
        left_ns = rounds->deadline_ns > now_ns + kept_ns ? rounds->deadline_ns - now_ns - kept_ns : 1;
    repeats_settle(rounds->plan, block, left_ns, warm || rounds->warm);
}

// From when on the block's time counts. 0 or -ENOMEM.
static int begin_block(struct rounds *rounds, const struct block *block)
{
    rounds->began_ns = clock_now_ns();
    rounds->share_ns = rounds->deadline_ns != 0 ? rounds->deadline_ns - rounds->began_ns : 0;
    rounds->trials->share_ns = rounds->share_ns;
    rounds->trials->deadline_ns = rounds->deadline_ns != 0 ? rounds->deadline_ns + rounds->share_ns / ROUNDS_OVERTIME
                                                           : 0;
    rounds->times = task_times_make(block);
    if (rounds->times == NULL)
        return -ENOMEM;
    rounds->calibrations = calibrations_make(block);
    return 0;
}

int rounds_begin(struct rounds *rounds, struct block *block)
{
    int err = begin_block(rounds, block);

    if (err != 0)
        return err;
    calibrate_block(rounds->trials, block, rounds->calibrations, false);
    estimate_skip_long(block, rounds->share_ns);
    rounds->warmed = warm_up(rounds, block, rounds->share_ns);
    settle_repeats(rounds, block, rounds->warmed);
    if (rounds->out_of_time)
        rounds->stopped = "time limit";
    else if (supervisor_interrupted() != 0)
        rounds->stopped = "interrupted";
    return 0;
}

void rounds_end(struct rounds *rounds, struct block *block)
{
    for (unsigned i = 0; i < block->cell_count; i++) {
        if (!block->cells[i].ended)
            rounds_memory(rounds, block, &block->cells[i]);
    }
    build_statuses(block, rounds->out_of_time ? "no time was left for it (--time-limit)" : "interrupted");
    task_times_add(rounds->times, block);
    free(rounds->times);
    calibrations_add(block, rounds->calibrations);
    cJSON_Delete(rounds->calibrations);
    json_set(block->json, "rounds", cJSON_CreateNumber(rounds->count));
    json_set(block->json, "warmup", cJSON_CreateBool(rounds->warmed));
    json_set(block->json, "stopped", cJSON_CreateString(rounds->stopped));
    json_set(block->json, "duration_ns", cJSON_CreateNumber((double)(clock_now_ns() - rounds->began_ns)));
}

int rounds_measure(struct rounds *rounds, struct block *block)
{
    int err = rounds_begin(rounds, block);

    if (err != 0)
        return err;
    while (err == 0 && rounds->stopped == NULL)
        err = rounds_next(rounds, block);
    rounds_end(rounds, block);
    return err;
}

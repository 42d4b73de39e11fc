// SPDX-License-Identifier: MIT
// The plain sentences under a table: which model to choose, what it costs, why the others lose. They hold no figures
// that change from run to run, and draw their lines where models seldom lie: at 10 % of time, at twice the cost.
#include "reports/findings/findings.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/stats.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/findings_tasks.h"
#include "reports/findings/judge.h"
#include "reports/findings/ranking.h"
#include "reports/findings/wording.h"

// Without intervals, a lead of less than this factor is not called one.
#define CONTESTED 1.5
// What is called "much more": less than twice the CPU or memory decides nothing, nor does less memory than this.
#define DEARER 2.0
#define DEARER_BYTES (512.0 * 1024)
// From so many cores on, the best one shows that there was more than one core's work to share.
#define SEVERAL_CORES 1.5
#define ONE_CORE 1.2
// A cause is named when it makes up at least half of what a model lost.
#define MAIN_PART 0.5

#define OF_THOSE "Of those that did not, "

#define CPU "summary.cpu_per_task_ns.median"
#define MEMORY "memory.bytes"
#define WALL "summary.wall_ns.median"

static double least(const cJSON *block, const char *path)
{
    const cJSON *cell;
    double smallest = NAN;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (cell_competes(cell))
            smallest = fmin(smallest, field_number(cell, path));
    }
    return smallest;
}

// Comparisons with a figure that is not there (NAN) are false: nobody is dear then.
static bool is_dearer(const cJSON *cell, const char *path, double smallest)
{
    double cost = field_number(cell, path);

    return cost > DEARER * smallest && (strcmp(path, MEMORY) != 0 || cost > smallest + DEARER_BYTES);
}

// Among those as fast as the best.
static bool is_dear(const cJSON *block, const cJSON *cell, const char *path)
{
    const cJSON *other;
    double smallest = NAN;

    cJSON_ArrayForEach(other, field(block, "cells")) {
        if (ranking_fast(block, other))
            smallest = fmin(smallest, field_number(other, path));
    }
    return is_dearer(cell, path, smallest);
}

static bool is_fast_and_cheap(const cJSON *block, const cJSON *cell)
{
    return ranking_fast(block, cell) && !is_dear(block, cell, CPU) && !is_dear(block, cell, MEMORY);
}

static bool is_fast_and_cool(const cJSON *block, const cJSON *cell)
{
    return ranking_fast(block, cell) && !is_dear(block, cell, CPU);
}

// Whom the sentences recommend: of the fast ones those that cost least, in CPU before memory. Says by `ret_memory`
// whether memory had a part in it. Freed by the caller.
static const cJSON **find_choice(const cJSON *block, size_t *ret_n, bool *ret_memory)
{
    const cJSON **cells = cells_where(block, is_fast_and_cheap, ret_n);

    *ret_memory = true;
    if (cells == NULL || *ret_n > 0)
        return cells;
    free(cells);
    *ret_memory = false;
    return cells_where(block, is_fast_and_cool, ret_n);
}

static bool all_first(const cJSON *block, const cJSON *const *cells, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!ranking_first(block, cells[i]))
            return false;
    return true;
}

static bool within_ten_percent(const cJSON *block, const cJSON *const *cells, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ranking_figure(block, cells[i]) > RANKING_AS_FAST * ranking_best(block))
            return false;
    return true;
}

// How it is said of times, and of the latencies of an open loop.
struct words {
    const char *was_best, *was_as_good, *equal, *tied, *close;
};

static const struct words *words_of(const cJSON *block)
{
    static const struct words of_time = {
        .was_best = "was the fastest",
        .was_as_good = "nothing else was as fast",
        .equal = "are equally fast (within 10 %)",
        .tied = "cannot be told apart in time",
        .close = "are too close in time to choose by it",
    };
    static const struct words of_latency = {
        .was_best = "had the lowest latency",
        .was_as_good = "nothing else had as low a latency",
        .equal = "have equally low latency (within 10 %)",
        .tied = "cannot be told apart in latency",
        .close = "are too close in latency to choose by it",
    };

    return block_open_loop(block) ? &of_latency : &of_time;
}

static void write_choice(FILE *out, const cJSON *block, const cJSON *const *fast, size_t n)
{
    const struct words *words = words_of(block);
    size_t chosen_n = 0;
    bool memory;
    const cJSON **chosen = find_choice(block, &chosen_n, &memory);

    if (chosen == NULL)
        return;
    write_names(out, fast, n, "and");
    // The first of these that holds: a tie that comes and goes with the noise must not change the words.
    fprintf(out, " %s; ", within_ten_percent(block, fast, n)   ? words->equal
                          : all_first(block, fast, n) ? words->tied
                                                      : words->close);
    if (chosen_n == n) {
        fputs("none costs much more CPU or memory than another, so choose by how the code reads.", out);
    } else {
        fputs("choose ", out);
        write_names(out, chosen, chosen_n, "or");
        fprintf(out, ": the rest costs much more CPU%s.", memory ? " or memory" : "");
    }
    free(chosen);
}

// Whether another one came near enough for chance to turn a few rounds the other way.
static bool is_contested(const cJSON *block)
{
    const cJSON *cell;
    int near = 0;

    cJSON_ArrayForEach(cell, field(block, "cells"))
        near += ranking_in_question(block, cell) && ranking_figure(block, cell) < CONTESTED * ranking_best(block);
    return near > 1;
}

// Where one is the best: whether it is shown to be.
static void write_best(FILE *out, const cJSON *block, const cJSON *best, bool others_failed)
{
    const char *name = field_text(best, "model");

    if (field_number(block, "rounds") < STATS_INTERVAL_LEAST && is_contested(block))
        fprintf(out, "%s%s %s, but with fewer than %d rounds that may be chance.", others_failed ? OF_THOSE : "", name,
                words_of(block)->was_best, STATS_INTERVAL_LEAST);
    else
        fprintf(out, "%shoose %s: %s.", others_failed ? OF_THOSE "c" : "C", name, words_of(block)->was_as_good);
}

static void write_advice(FILE *out, const cJSON *block, bool others_failed)
{
    size_t n = 0;
    const cJSON **fast = cells_where(block, ranking_fast, &n);

    if (fast == NULL)
        return; // out of memory: better no sentence than a wrong one
    if (n == 1) {
        write_best(out, block, fast[0], others_failed);
    } else {
        fputs(others_failed ? OF_THOSE : "", out);
        write_choice(out, block, fast, n);
    }
    free(fast);
}

// Where some are out of the question (the sentence before says why), who they are is not said again.
static void say_choice(FILE *out, const cJSON *document, const cJSON *block)
{
    size_t all_n = 0, n = 0;
    const cJSON **all = cells_where(block, NULL, &all_n), **cells = cells_where(block, ranking_in_question, &n);

    if (all == NULL || cells == NULL)
        n = 0; // out of memory
    else if (all_n == 0)
        fputs("No model completed this workload.", out);
    else if (all_n == 1)
        fprintf(out, "Only %s completed this workload: there is nothing to compare it with.", field_text(all[0], "model"));
    if (all_n > 1 && n > 1)
        write_advice(out, block, n < all_n && !block_open_loop(block));
    free(cells);
    free(all);
}

static bool all_dearer(const cJSON *const *cells, size_t n, const char *path, double smallest)
{
    for (size_t i = 0; i < n; i++)
        if (!is_dearer(cells[i], path, smallest))
            return false;
    return n > 0;
}

// Against the most sparing of all models, slow ones included.
static void say_price(FILE *out, const cJSON *document, const cJSON *block)
{
    size_t n = 0;
    bool by_memory, cpu, memory;
    const cJSON **chosen = find_choice(block, &n, &by_memory);

    if (chosen == NULL)
        return;
    cpu = all_dearer(chosen, n, CPU, least(block, CPU));
    memory = all_dearer(chosen, n, MEMORY, least(block, MEMORY));
    if (cpu || memory)
        fprintf(out, "The price is %s: more than twice that of the most sparing model.",
                cpu && memory ? "CPU and memory" : cpu ? "CPU" : "memory");
    free(chosen);
}

static const cJSON *first_cell(const cJSON *block)
{
    const cJSON **sorted = ranking_sorted(block, NULL);
    const cJSON *best = NULL;

    for (size_t i = 0; sorted != NULL && sorted[i] != NULL && best == NULL; i++)
        best = ranking_in_question(block, sorted[i]) ? sorted[i] : NULL;
    free(sorted);
    return best;
}

// Whoever could have been chosen and lost, in time.
static bool is_slow(const cJSON *block, const cJSON *cell)
{
    return ranking_in_question(block, cell) && !ranking_fast(block, cell);
}

// How much more of something the cell took than the best, as a part of the time it lost.
static double part_of_loss(const cJSON *cell, const cJSON *best, double more_ns)
{
    return more_ns / (field_number(cell, WALL) - field_number(best, WALL));
}

static double frame_ns(const cJSON *cell)
{
    return field_number(cell, "summary.setup_ns.median") + field_number(cell, "summary.teardown_ns.median");
}

static bool waits_in_turn(const cJSON *block, const cJSON *cell)
{
    return is_slow(block, cell) && field_is(block, "kind", "I/O-bound") && field_number(block, "concurrency") > 1 &&
           field_number(block, "tasks") > 1 && (judge_one_at_a_time(cell) || sample_median(cell, "in_flight") == 1);
}

static bool used_one_core(const cJSON *block, const cJSON *cell)
{
    return is_slow(block, cell) && !field_is(block, "kind", "I/O-bound") &&
           field_number(cell, "summary.cores_used.median") <= ONE_CORE &&
           field_number(first_cell(block), "summary.cores_used.median") >= SEVERAL_CORES;
}

static bool pays_setup(const cJSON *block, const cJSON *cell)
{
    const cJSON *best = first_cell(block);

    return is_slow(block, cell) && !waits_in_turn(block, cell) && !used_one_core(block, cell) &&
           part_of_loss(cell, best, frame_ns(cell) - frame_ns(best)) >= MAIN_PART;
}

static bool takes_cpu(const cJSON *block, const cJSON *cell)
{
    const cJSON *best = first_cell(block);
    double cpu_ns = field_number(cell, "summary.cpu_ns.median");
    double best_cpu_ns = field_number(best, "summary.cpu_ns.median");

    return is_slow(block, cell) && !waits_in_turn(block, cell) && !used_one_core(block, cell) &&
           !pays_setup(block, cell) && cpu_ns >= DEARER * best_cpu_ns &&
           part_of_loss(cell, best, cpu_ns - best_cpu_ns) >= MAIN_PART;
}

// Why the losers lose: each is named once, with the first of these that fits; where none fits nothing is claimed.
static const struct {
    bool (*holds)(const cJSON *block, const cJSON *cell);
    const char *says;
} causes[] = {
    {waits_in_turn, " waited for each task in turn, one in flight"},
    {used_one_core, " used one core, whatever the number of tasks"},
    {pays_setup, " lost time in set-up and teardown"},
    {takes_cpu, " took more CPU for the same tasks"},
};

static void say_causes(FILE *out, const cJSON *document, const cJSON *block)
{
    const char *separator = "";

    if (block_open_loop(block))
        return; // they are of times
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (write_names_where(out, block, causes[i].holds, separator, causes[i].says))
            separator = "; ";
    if (*separator != '\0')
        fputc('.', out);
}

cJSON *findings_make(const cJSON *document, const cJSON *block)
{
    static sentence_writer *const writers[] = {say_failures, say_lost_updates, say_kept_up, say_behind, say_choice,
                                               say_price,    say_causes,       say_stalls,  NULL};

    return sentences_make(writers, document, block);
}

// SPDX-License-Identifier: MIT
#include "reports/findings/findings_why.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/choice.h"
#include "reports/findings/contest.h"
#include "reports/findings/judge.h"

// From so many cores on, the best one shows that there was more than one core's work to share.
#define SEVERAL_CORES 1.5
#define ONE_CORE 1.2
// A cause is named when it makes up at least half of what a model lost.
#define MAIN_PART 0.5
#define MUCH_MORE_CPU 2.0

// The one that needs least of something among those shown to be slower.
static const cJSON *most_modest(const struct contest *contest, const char *path)
{
    const cJSON *best = NULL;

    for (size_t i = 0; i < contest->n; i++) {
        if (contest_slow(contest, contest->cells[i]) &&
            (best == NULL || field_number(contest->cells[i], path) < field_number(best, path)))
            best = contest->cells[i];
    }
    return best;
}

static bool all_cost_more(const cJSON *block, const struct choice *choice, const cJSON *other,
                          bool (*costs_more)(const cJSON *block, const cJSON *cell, const cJSON *other))
{
    for (size_t i = 0; i < choice->n; i++)
        if (other == NULL || !costs_more(block, choice->chosen[i], other))
            return false;
    return choice->n > 0;
}

static void write_price(FILE *out, const struct contest *contest, const struct choice *choice)
{
    static const struct {
        const char *name, *path;
        bool (*costs_more)(const cJSON *block, const cJSON *cell, const cJSON *other);
    } costs[] = {
        {"CPU", "summary.cpu_per_task_ns.median", costs_much_more_cpu},
        {"memory", "memory.bytes", costs_much_more_memory},
    };
    const char *separator = "";

    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
        const cJSON *least = most_modest(contest, costs[i].path);

        if (!all_cost_more(contest->block, choice, least, costs[i].costs_more))
            continue;
        fprintf(out, "%s %s: %s, which %s less than half of it", *separator == '\0' ? "The price is" : separator,
                costs[i].name, field_text(least, "model"),
                names_are_plural(&least, 1) ? "are slower, need" : "is slower, needs");
        separator = "; and";
    }
    if (*separator != '\0')
        fputc('.', out);
}

static bool recommends(const struct contest *contest)
{
    return contest->fast_n > 0 && contest->outcome != CONTEST_NOISY;
}

void say_price(FILE *out, const cJSON *document, const cJSON *block)
{
    struct contest contest;
    struct choice choice = {.n = 0};

    if (contest_open(block, &contest) == 0 && recommends(&contest) && choice_open(&contest, &choice) == 0)
        write_price(out, &contest, &choice);
    choice_release(&choice);
    contest_release(&contest);
}

// How much more of something the cell took than the best, as a part of the time it lost.
static double part_of_loss(const cJSON *cell, const cJSON *best, double more_ns)
{
    return more_ns / (field_number(cell, "summary.wall_ns.median") - field_number(best, "summary.wall_ns.median"));
}

static double frame_ns(const cJSON *cell)
{
    return field_number(cell, "summary.setup_ns.median") + field_number(cell, "summary.teardown_ns.median");
}

static bool waits_in_turn(const cJSON *block, const cJSON *cell, const cJSON *best)
{
    return field_is(block, "kind", "I/O-bound") && field_number(block, "concurrency") > 1 &&
           field_number(block, "tasks") > 1 && (judge_one_at_a_time(cell) || sample_median(cell, "in_flight") == 1);
}

static bool used_one_core(const cJSON *block, const cJSON *cell, const cJSON *best)
{
    return !field_is(block, "kind", "I/O-bound") && field_number(cell, "summary.cores_used.median") <= ONE_CORE &&
           field_number(best, "summary.cores_used.median") >= SEVERAL_CORES;
}

static bool pays_setup(const cJSON *block, const cJSON *cell, const cJSON *best)
{
    return part_of_loss(cell, best, frame_ns(cell) - frame_ns(best)) >= MAIN_PART;
}

static bool takes_cpu(const cJSON *block, const cJSON *cell, const cJSON *best)
{
    double cpu_ns = field_number(cell, "summary.cpu_ns.median");
    double best_cpu_ns = field_number(best, "summary.cpu_ns.median");

    return cpu_ns >= MUCH_MORE_CPU * best_cpu_ns && part_of_loss(cell, best, cpu_ns - best_cpu_ns) >= MAIN_PART;
}

static const struct {
    bool (*holds)(const cJSON *block, const cJSON *cell, const cJSON *best);
    const char *says;
} causes[] = {
    {waits_in_turn, " waited for each task in turn, one in flight"},
    {used_one_core, " used one core"},
    {pays_setup, " lost time in set-up and teardown"},
    {takes_cpu, " took more CPU for the same tasks"},
};

#define CAUSES (sizeof causes / sizeof *causes)

// Why it is slower: the first cause that fits; CAUSES where none does, or it is not.
static size_t cause_of(const struct contest *contest, const cJSON *cell)
{
    size_t i = 0;

    if (!contest_slow(contest, cell))
        return CAUSES;
    while (i < CAUSES && !causes[i].holds(contest->block, cell, contest->cells[0]))
        i++;
    return i;
}

// Of all that have the same cause, in the order of the plan.
static bool write_cause(FILE *out, const struct contest *contest, size_t cause, const char *separator)
{
    const cJSON **cells = calloc(contest->n + 1, sizeof *cells), *cell;
    size_t n = 0;

    cJSON_ArrayForEach(cell, field(contest->block, "cells")) {
        if (cells != NULL && cause_of(contest, cell) == cause)
            cells[n++] = cell;
    }
    if (n > 0) {
        fputs(separator, out);
        write_names(out, cells, n, "and");
        fputs(causes[cause].says, out);
    }
    free(cells);
    return n > 0;
}

void say_causes(FILE *out, const cJSON *document, const cJSON *block)
{
    const char *separator = "";
    struct contest contest;
    int err = contest_open(block, &contest);

    for (size_t i = 0; err == 0 && !block_open_loop(block) && i < CAUSES; i++) // they are of times
        if (write_cause(out, &contest, i, separator))
            separator = "; ";
    if (*separator != '\0')
        fputc('.', out);
    contest_release(&contest);
}

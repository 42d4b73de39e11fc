// SPDX-License-Identifier: MIT
#include "reports/findings/contest.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/stats.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/ranking.h"

static bool within(const struct paired_ratio *ratio, double factor)
{
    return ratio->valid && ratio->low * factor >= 1 && ratio->high <= factor;
}

size_t contest_rounds(const cJSON *block)
{
    const cJSON *cell;
    size_t least = SIZE_MAX;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (cell_competes(cell) && sample_count(cell) < least)
            least = sample_count(cell);
    }
    return least;
}

// Those one could choose, best first.
static int gather(struct contest *contest)
{
    size_t n = 0;
    const cJSON **sorted = ranking_sorted(contest->block, &n);

    if (sorted == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        if (ranking_in_question(contest->block, sorted[i]) && ranking_figure(contest->block, sorted[i]) > 0)
            sorted[contest->n++] = sorted[i];
    contest->cells = sorted;
    contest->fast = calloc(n + 1, sizeof *contest->fast);
    return contest->fast != NULL ? 0 : -ENOMEM;
}

// Against the first. Whether all others are shown to be slower than it.
static int compare_with_first(struct contest *contest, bool *ret_alone)
{
    *ret_alone = true;
    contest->rounds = contest_rounds(contest->block);
    for (size_t i = 1; i < contest->n; i++) {
        struct paired_ratio ratio;

        if (paired_ratio(contest->block, contest->cells[0], contest->cells[i], &ratio) != 0)
            return -ENOMEM;
        contest->rounds = ratio.rounds < contest->rounds ? ratio.rounds : contest->rounds;
        contest->fast[i] = ratio.high * CONTEST_AS_FAST >= 1;
        *ret_alone &= ratio.high < 1;
    }
    contest->fast[0] = true;
    return 0;
}

typedef int comparison(const cJSON *block, const cJSON *a, const cJSON *b, struct paired_ratio *ret_ratio);

static int compare_cpu(const cJSON *block, const cJSON *a, const cJSON *b, struct paired_ratio *ret_ratio)
{
    (void)block;
    return paired_ratio_by(YARDSTICK_CPU, a, b, ret_ratio);
}

// Whether no two of the fast ones differ by more than `factor`: 1, 0 or -ENOMEM.
static int all_within(const struct contest *contest, comparison *compare, double factor)
{
    for (size_t i = 0; i < contest->n; i++) {
        for (size_t j = i + 1; contest->fast[i] && j < contest->n; j++) {
            struct paired_ratio ratio;

            if (!contest->fast[j])
                continue;
            if (compare(contest->block, contest->cells[i], contest->cells[j], &ratio) != 0)
                return -ENOMEM;
            if (!within(&ratio, factor))
                return 0;
        }
    }
    return 1;
}

static int judge_fast_ones(struct contest *contest, bool alone)
{
    int equal = all_within(contest, paired_ratio, CONTEST_AS_FAST);
    int close = equal == 0 ? all_within(contest, paired_ratio, CONTEST_NEAR) : equal;

    if (equal < 0 || close < 0)
        return -ENOMEM;
    contest->outcome = contest->fast_n == 1 ? CONTEST_AHEAD
                       : equal              ? CONTEST_EQUAL
                       : close              ? CONTEST_CLOSE
                       : alone              ? CONTEST_FASTER
                                            : CONTEST_NOISY;
    if (contest->outcome == CONTEST_FASTER) {
        memset(contest->fast + 1, 0, (contest->n - 1) * sizeof *contest->fast);
        contest->fast_n = 1;
    }
    return 0;
}

int contest_open(const cJSON *block, struct contest *contest)
{
    bool alone;
    int err;

    *contest = (struct contest){.block = block, .tied = true, .outcome = CONTEST_NONE};
    err = gather(contest);
    if (err < 0 || contest->n < 2)
        return err;
    if (compare_with_first(contest, &alone) != 0)
        return -ENOMEM;
    if (contest->rounds < STATS_INTERVAL_LEAST)
        contest->outcome = CONTEST_FEW;
    for (size_t i = 0; i < contest->n; i++) {
        contest->fast[i] = contest->fast[i] && contest->outcome != CONTEST_FEW;
        contest->fast_n += contest->fast[i];
        contest->tied &= !contest->fast[i] || ranking_first(block, contest->cells[i]);
    }
    return contest->outcome == CONTEST_FEW ? 0 : judge_fast_ones(contest, alone);
}

static const cJSON *least_cpu(const struct contest *contest)
{
    const cJSON *least = NULL;

    for (size_t i = 0; i < contest->n; i++) {
        if (contest->fast[i] && (least == NULL || field_number(contest->cells[i], "summary.cpu_per_task_ns.median") <
                                                      field_number(least, "summary.cpu_per_task_ns.median")))
            least = contest->cells[i];
    }
    return least;
}

enum contest_cpu contest_by_cpu(const struct contest *contest, const cJSON **ret_least)
{
    const cJSON *least = least_cpu(contest);
    struct paired_ratio ratio;

    if (!field_is(contest->block, "kind", "CPU-bound") || block_open_loop(contest->block) || least == NULL)
        return CONTEST_CPU_UNKNOWN;
    if (all_within(contest, compare_cpu, CONTEST_AS_FAST) == 1)
        return CONTEST_CPU_EQUAL;
    for (size_t i = 0; i < contest->n; i++) {
        if (!contest->fast[i] || contest->cells[i] == least)
            continue;
        if (compare_cpu(contest->block, least, contest->cells[i], &ratio) != 0 || !ratio.valid || ratio.high >= 1)
            return CONTEST_CPU_UNKNOWN;
    }
    *ret_least = least;
    return CONTEST_CPU_LEAST;
}

void contest_release(struct contest *contest)
{
    free(contest->cells);
    free(contest->fast);
}

size_t contest_place(const struct contest *contest, const cJSON *cell)
{
    size_t i = 0;

    while (i < contest->n && contest->cells[i] != cell)
        i++;
    return i;
}

bool contest_slow(const struct contest *contest, const cJSON *cell)
{
    size_t place = contest_place(contest, cell);

    return place < contest->n && contest->fast_n > 0 && !contest->fast[place];
}

// SPDX-License-Identifier: MIT
#include "reports/findings/ranking.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "measure/base/json.h"
#include "measure/base/stats.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/capacity.h"
#include "reports/findings/judge.h"
#include "reports/findings/yardstick.h"

#define LEVEL 0.95

double ranking_figure(const cJSON *block, const cJSON *cell)
{
    return field_number(yardstick_statistic(yardstick_of(block, cell), cell), "median");
}

// Samples are in the order of their rounds, so what is looked for mostly stands where the last search ended: *at.
static double figure_in_round(const cJSON *cell, enum yardstick yardstick, double round, const cJSON **at)
{
    const cJSON *first = cJSON_GetArrayItem(field(cell, "samples"), 0), *begin = *at != NULL ? *at : first;
    const cJSON *sample = begin, *next;

    while (sample != NULL) {
        next = sample->next != NULL ? sample->next : first;
        if (field_number(sample, "round") == round && sample_ok(sample)) {
            *at = next;
            return yardstick_in_sample(yardstick, sample);
        }
        sample = next != begin ? next : NULL;
    }
    return NAN;
}

// a / b, or b / a of rates, so that the better one is below 1.
static size_t ratios_of(const cJSON *a, const cJSON *b, enum yardstick yardstick, double *ratios)
{
    const cJSON *sample, *at = NULL;
    size_t n = 0;

    cJSON_ArrayForEach(sample, field(b, "samples")) {
        double one = figure_in_round(a, yardstick, field_number(sample, "round"), &at);
        double other = yardstick_in_sample(yardstick, sample);

        if (sample_ok(sample) && one > 0 && other > 0)
            ratios[n++] = yardstick == YARDSTICK_RATE ? other / one : one / other;
    }
    return n;
}

size_t paired_ratios(const cJSON *a, const cJSON *b, double *ratios)
{
    return ratios_of(a, b, YARDSTICK_TIME, ratios);
}

// The median of n ratios, and its interval.
static struct paired_ratio ratio_of(double *ratios, size_t n)
{
    struct stats_interval interval = {.valid = false};

    stats_sort(ratios, n);
    if (n > 0)
        interval = stats_median_interval(ratios, n, LEVEL);
    if (!interval.valid)
        return (struct paired_ratio){.rounds = n};
    return (struct paired_ratio){n, true, stats_median(ratios, n), interval.low, interval.high};
}

int paired_ratio_by(enum yardstick yardstick, const cJSON *a, const cJSON *b, struct paired_ratio *ret_ratio)
{
    double *ratios = calloc(sample_count(b) + 1, sizeof *ratios);

    if (ratios == NULL)
        return -ENOMEM;
    *ret_ratio = ratio_of(ratios, ratios_of(a, b, yardstick, ratios));
    free(ratios);
    return 0;
}

int paired_ratio(const cJSON *block, const cJSON *a, const cJSON *b, struct paired_ratio *ret_ratio)
{
    enum yardstick yardstick = yardstick_of(block, a);

    if (yardstick == yardstick_of(block, b))
        return paired_ratio_by(yardstick, a, b, ret_ratio);
    if (paired_ratio_by(YARDSTICK_TIME, a, b, ret_ratio) != 0)
        return -ENOMEM;
    if (ret_ratio->valid) // one keeps up, the other does not
        ret_ratio->median = ret_ratio->low = ret_ratio->high = yardstick == YARDSTICK_RATE ? INFINITY : 0;
    return 0;
}

// 1: the leader is not shown to be better, 0: it is, or there are too few rounds to say; or -ENOMEM.
static int shares_rank(const cJSON *block, const cJSON *leader, const cJSON *cell)
{
    struct paired_ratio ratio;
    double low, high, unused;

    if (block_is_searched(block)) {
        capacity_of(leader, &low, &unused);
        capacity_of(cell, &unused, &high);
        return !(high <= low);
    }
    if (paired_ratio(block, leader, cell, &ratio) != 0)
        return -ENOMEM;
    return ratio.valid && ratio.high >= 1;
}

struct entry {
    const cJSON *cell;
    double figure; // the less, the better
    bool behind;   // after all that are not
    size_t place;  // in the plan
};

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;

    if (a->behind != b->behind)
        return a->behind ? 1 : -1;
    if (a->figure != b->figure)
        return a->figure < b->figure ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

// The block's ok and ranked cells, in the order of the plan. Returns how many.
static size_t fill_entries(const cJSON *block, struct entry *entries)
{
    const cJSON *cell;
    size_t n = 0;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        bool behind = yardstick_of(block, cell) == YARDSTICK_RATE;
        double figure = ranking_figure(block, cell) * (behind ? -1 : 1), low, high;

        if (block_is_searched(block) && capacity_of(cell, &low, &high)) {
            behind = isnan(low);
            figure = behind ? -high : -low;
        }

        if (!cell_ok(cell) || field(cell, "summary.wall_ns") == NULL)
            continue;
        figure = isnan(figure) ? INFINITY : figure; // it stays in the table
        entries[n] = (struct entry){.cell = cell, .figure = figure, .behind = behind, .place = n};
        n++;
    }
    return n;
}

const cJSON **ranking_sorted(const cJSON *block, size_t *ret_n)
{
    size_t count = (size_t)cJSON_GetArraySize(field(block, "cells")), n;
    struct entry *entries = calloc(count + 1, sizeof *entries);
    const cJSON **cells = entries != NULL ? calloc(count + 1, sizeof *cells) : NULL;

    if (cells != NULL) {
        n = fill_entries(block, entries);
        qsort(entries, n, sizeof *entries, compare_entries);
        for (size_t i = 0; i < n; i++)
            cells[i] = entries[i].cell;
        if (ret_n != NULL)
            *ret_n = n;
    }
    free(entries);
    return cells;
}

bool ranking_in_question(const cJSON *block, const cJSON *cell)
{
    return cell_competes(cell) && !judge_lost_updates(cell) && (!block_open_loop(block) || judge_keeps_up(cell));
}

bool ranking_first(const cJSON *block, const cJSON *cell)
{
    const cJSON *other;
    double best = NAN;

    cJSON_ArrayForEach(other, field(block, "cells"))
        best = fmin(best, ranking_in_question(block, other) ? field_number(other, "summary.rank") : NAN);
    return ranking_in_question(block, cell) && field_number(cell, "summary.rank") == best;
}

static void set_group(const cJSON **cells, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        cJSON *summary = cJSON_GetObjectItemCaseSensitive(cells[i], "summary");

        json_set(summary, "rank", cJSON_CreateNumber((double)first + 1));
        json_set(summary, "tied", cJSON_CreateBool(end - first > 1));
    }
}

int ranking_set(cJSON *block)
{
    size_t n = 0, first = 0;
    const cJSON **cells = ranking_sorted(block, &n);
    int err = cells != NULL ? 0 : -ENOMEM;

    for (size_t i = 1; err == 0 && i <= n; i++) {
        int same = i < n ? shares_rank(block, cells[first], cells[i]) : 0;

        if (same < 0)
            err = same;
        if (same == 0) {
            set_group(cells, first, i);
            first = i;
        }
    }
    free(cells);
    return err;
}

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
#include "reports/findings/judge.h"
#include "reports/findings/yardstick.h"

#define LEVEL 0.95
// Two medians as close as this are not told apart without an interval.
#define CLOSE 1.10

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

int paired_ratio(const cJSON *block, const cJSON *a, const cJSON *b, struct paired_ratio *ret_ratio)
{
    enum yardstick yardstick = yardstick_of(block, a), other = yardstick_of(block, b);
    double *ratios = calloc(sample_count(b) + 1, sizeof *ratios);
    struct stats_interval interval = {.valid = false};
    size_t n;

    if (ratios == NULL)
        return -ENOMEM;
    n = yardstick == other ? ratios_of(a, b, yardstick, ratios) : paired_ratios(a, b, ratios);
    for (size_t i = 0; yardstick != other && i < n; i++)
        ratios[i] = yardstick == YARDSTICK_RATE ? INFINITY : 0;
    stats_sort(ratios, n);
    if (n > 0)
        interval = stats_median_interval(ratios, n, LEVEL);
    *ret_ratio = (struct paired_ratio){.valid = interval.valid};
    if (interval.valid)
        *ret_ratio = (struct paired_ratio){true, stats_median(ratios, n), interval.low, interval.high};
    free(ratios);
    return 0;
}

// Of two statistics.
static bool overlap(const cJSON *a, const cJSON *b)
{
    return field_number(a, "min") <= field_number(b, "max") && field_number(b, "min") <= field_number(a, "max");
}

static bool is_close(const cJSON *a, const cJSON *b)
{
    double x = field_number(a, "median"), y = field_number(b, "median");

    return fmax(x, y) <= CLOSE * fmin(x, y);
}

// 1: no difference shown, 0: different, or -ENOMEM.
static int same_speed(const cJSON *block, const cJSON *leader, const cJSON *cell)
{
    enum yardstick yardstick = yardstick_of(block, leader);
    const cJSON *best = yardstick_statistic(yardstick, leader), *own = yardstick_statistic(yardstick, cell);
    struct paired_ratio ratio;

    if (paired_ratio(block, leader, cell, &ratio) != 0)
        return -ENOMEM;
    if (ratio.valid)
        return ratio.low <= 1 && ratio.high >= 1;
    return yardstick == yardstick_of(block, cell) && (overlap(best, own) || is_close(best, own));
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
        double figure = ranking_figure(block, cell) * (behind ? -1 : 1);

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

double ranking_best(const cJSON *block)
{
    const cJSON *cell;
    double best = NAN;

    cJSON_ArrayForEach(cell, field(block, "cells"))
        best = fmin(best, ranking_in_question(block, cell) ? ranking_figure(block, cell) : NAN);
    return best;
}

bool ranking_fast(const cJSON *block, const cJSON *cell)
{
    return ranking_in_question(block, cell) &&
           (ranking_figure(block, cell) <= RANKING_AS_FAST * ranking_best(block) || ranking_first(block, cell));
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
        int same = i < n ? same_speed(block, cells[first], cells[i]) : 0;

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

// SPDX-License-Identifier: MIT
#include "reports/ranking.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "measure/stats.h"
#include "reports/fields.h"

#define LEVEL 0.95
// Two medians as close as this are not told apart without an interval.
#define CLOSE 1.10

// Samples are in the order of their rounds, so what is looked for mostly stands where the last search ended: *at.
static double wall_in_round(const cJSON *cell, double round, const cJSON **at)
{
    const cJSON *first = cJSON_GetArrayItem(field(cell, "samples"), 0), *begin = *at != NULL ? *at : first;
    const cJSON *sample = begin, *next;

    while (sample != NULL) {
        next = sample->next != NULL ? sample->next : first;
        if (field_number(sample, "round") == round && sample_ok(sample)) {
            *at = next;
            return field_number(sample, "wall_ns");
        }
        sample = next != begin ? next : NULL;
    }
    return NAN;
}

size_t paired_ratios(const cJSON *a, const cJSON *b, double *ratios)
{
    const cJSON *sample, *at = NULL;
    size_t n = 0;

    cJSON_ArrayForEach(sample, field(b, "samples")) {
        double wall_ns = wall_in_round(a, field_number(sample, "round"), &at);

        if (sample_ok(sample) && !isnan(wall_ns))
            ratios[n++] = wall_ns / field_number(sample, "wall_ns");
    }
    return n;
}

int paired_ratio(const cJSON *a, const cJSON *b, struct paired_ratio *ret_ratio)
{
    double *ratios = calloc(sample_count(b) + 1, sizeof *ratios);
    struct stats_interval interval = {.valid = false};
    size_t n;

    if (ratios == NULL)
        return -ENOMEM;
    n = paired_ratios(a, b, ratios);
    stats_sort(ratios, n);
    if (n > 0)
        interval = stats_median_interval(ratios, n, LEVEL);
    *ret_ratio = (struct paired_ratio){.valid = interval.valid};
    if (interval.valid)
        *ret_ratio = (struct paired_ratio){true, stats_median(ratios, n), interval.low, interval.high};
    free(ratios);
    return 0;
}

static bool overlap(const cJSON *a, const cJSON *b)
{
    return field_number(a, "summary.wall_ns.min") <= field_number(b, "summary.wall_ns.max") &&
           field_number(b, "summary.wall_ns.min") <= field_number(a, "summary.wall_ns.max");
}

// 1: no difference shown, 0: different, or -ENOMEM. `leader` has the smaller median.
static int same_speed(const cJSON *leader, const cJSON *cell)
{
    struct paired_ratio ratio;

    if (paired_ratio(leader, cell, &ratio) != 0)
        return -ENOMEM;
    if (ratio.valid)
        return ratio.low <= 1 && ratio.high >= 1;
    return overlap(leader, cell) ||
           field_number(cell, "summary.wall_ns.median") <= CLOSE * field_number(leader, "summary.wall_ns.median");
}

struct entry {
    const cJSON *cell;
    double wall_ns;
    size_t place; // in the plan
};

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;

    if (a->wall_ns != b->wall_ns)
        return a->wall_ns < b->wall_ns ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

const cJSON **ranking_sorted(const cJSON *block, size_t *ret_n)
{
    size_t count = (size_t)cJSON_GetArraySize(field(block, "cells")), n = 0;
    struct entry *entries = calloc(count + 1, sizeof *entries);
    const cJSON **cells = calloc(count + 1, sizeof *cells);
    const cJSON *cell;

    if (entries != NULL && cells != NULL) {
        cJSON_ArrayForEach(cell, field(block, "cells")) {
            double wall_ns = field_number(cell, "summary.wall_ns.median");

            if (cell_ok(cell) && !isnan(wall_ns)) {
                entries[n] = (struct entry){.cell = cell, .wall_ns = wall_ns, .place = n};
                n++;
            }
        }
        qsort(entries, n, sizeof *entries, compare_entries);
        for (size_t i = 0; i < n; i++)
            cells[i] = entries[i].cell;
        if (ret_n != NULL)
            *ret_n = n;
    } else {
        free(cells);
        cells = NULL;
    }
    free(entries);
    return cells;
}

static int set_group(const cJSON **cells, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        cJSON *summary = cJSON_GetObjectItemCaseSensitive(cells[i], "summary");
        int r = field_set(summary, "rank", cJSON_CreateNumber((double)first + 1));

        if (r == 0)
            r = field_set(summary, "tied", cJSON_CreateBool(end - first > 1));
        if (r < 0)
            return r;
    }
    return 0;
}

int ranking_set(cJSON *block)
{
    size_t n = 0, first = 0;
    const cJSON **cells = ranking_sorted(block, &n);
    int r = cells != NULL ? 0 : -ENOMEM;

    for (size_t i = 1; r == 0 && i <= n; i++) {
        int same = i < n ? same_speed(cells[first], cells[i]) : 0;

        if (same < 0)
            r = same;
        if (same == 0) {
            r = set_group(cells, first, i);
            first = i;
        }
    }
    free(cells);
    return r;
}

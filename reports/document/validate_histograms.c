// SPDX-License-Identifier: MIT
#include "reports/document/validate_histograms.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>

#include "measure/histogram.h"
#include "reports/document/fields.h"

// Counts are exact in a double up to here.
#define MOST_COUNT 9007199254740992.0

static const struct rule histograms_rules[] = {
    {"latency_ns", OBJECT},
    {"queued_ns", OBJECT},
    {NULL, 0},
};

static const struct rule histogram_rules[] = {
    {"significant_digits", POSITIVE},
    {"total", POSITIVE},
    {"min", NUMBER},
    {"max", NUMBER},
    {"counts", LIST},
    {NULL, 0},
};

// What the counts come to.
struct tally {
    double total;
    size_t first, last, next; // buckets with a count, and the one that comes next
};

static int validate_count(const struct validation *at, const cJSON *count, struct tally *tally)
{
    double number = cJSON_IsNumber(count) ? count->valuedouble : 0;
    char found[48];

    if (number == 0 || number != floor(number) || fabs(number) > MOST_COUNT)
        return validate_refuse(at, "counts", "%s among them, expected whole numbers other than 0",
                               validate_describe(count, found));
    if ((number < 0 ? -number : 1) > (double)(HISTOGRAM_BUCKETS - tally->next))
        return validate_refuse(at, "counts", "of more than %d buckets, expected at most that many", HISTOGRAM_BUCKETS);
    if (number < 0) {
        tally->next += (size_t)-number;
        return 0;
    }
    if (tally->total == 0)
        tally->first = tally->next;
    tally->last = tally->next++;
    tally->total += number;
    return 0;
}

// The exact ends lie in the first and the last bucket that has a count.
static int validate_ends(const struct validation *at, const cJSON *histogram, const struct tally *tally)
{
    double min = field_number(histogram, "min"), max = field_number(histogram, "max");

    if (min > max)
        return validate_refuse(at, "min", "%.15g, expected at most the max, %.15g", min, max);
    if (histogram_bucket((uint64_t)min) != tally->first)
        return validate_refuse(at, "min", "%.15g, expected it in the first bucket with a count, from %.15g", min,
                               (double)histogram_lowest(tally->first));
    if (histogram_bucket((uint64_t)max) != tally->last)
        return validate_refuse(at, "max", "%.15g, expected it in the last bucket with a count, from %.15g", max,
                               (double)histogram_lowest(tally->last));
    return 0;
}

static int validate_histogram(const struct validation *outer, const cJSON *histograms, const char *name)
{
    struct validation at = *outer;
    const cJSON *histogram = field(histograms, name), *count;
    struct tally tally = {.total = 0};
    int err;

    snprintf(at.where, sizeof at.where, "%.100s.%.20s", outer->where, name);
    err = validate_rules(&at, histogram, histogram_rules);
    if (err == 0 && field_number(histogram, "significant_digits") != HISTOGRAM_DIGITS)
        err = validate_refuse(&at, "significant_digits", "%g, expected %d",
                              field_number(histogram, "significant_digits"), HISTOGRAM_DIGITS);
    cJSON_ArrayForEach(count, field(histogram, "counts")) {
        if (err == 0)
            err = validate_count(&at, count, &tally);
    }
    if (err == 0 && tally.total != field_number(histogram, "total"))
        err = validate_refuse(&at, "total", "%.15g, expected the sum of the counts, %.15g",
                              field_number(histogram, "total"), tally.total);
    return err == 0 ? validate_ends(&at, histogram, &tally) : err;
}

int validate_histograms(const struct validation *cell_at, const cJSON *cell)
{
    const cJSON *histograms = field(cell, "histograms");
    struct validation at = *cell_at;
    int err;

    if (histograms == NULL)
        return 0;
    if (!cell_ok(cell))
        return validate_refuse(cell_at, "histograms", "an object, expected none as the cell is %s",
                               field_text(cell, "status"));
    snprintf(at.where, sizeof at.where, "%.80s.histograms", cell_at->where);
    err = validate_rules(&at, histograms, histograms_rules);
    if (err == 0)
        err = validate_histogram(&at, histograms, "latency_ns");
    return err == 0 ? validate_histogram(&at, histograms, "queued_ns") : err;
}

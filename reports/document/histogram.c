// SPDX-License-Identifier: MIT
#include "reports/document/histogram.h"

#include <cjson/cJSON.h>
#include <math.h>

#include "measure/histogram.h"
#include "reports/document/fields.h"

bool histogram_of(const cJSON *cell, enum histogram_kind kind, struct histogram_view *ret_view)
{
    const cJSON *histogram = field(cell, kind == HISTOGRAM_LATENCY ? "histograms.latency_ns" : "histograms.queued_ns");

    if (histogram == NULL || !cell_ok(cell))
        return false;
    *ret_view = (struct histogram_view){
        .total = (uint64_t)field_number(histogram, "total"),
        .min_ns = (uint64_t)field_number(histogram, "min"),
        .max_ns = (uint64_t)field_number(histogram, "max"),
        .next_item = field(histogram, "counts")->child,
    };
    return true;
}

bool histogram_next(struct histogram_view *view, struct histogram_bucket *ret_bucket)
{
    for (; view->next_item != NULL; view->next_item = view->next_item->next) {
        double number = view->next_item->valuedouble;
        size_t bucket = view->next_bucket;

        view->next_bucket += number < 0 ? (size_t)-number : 1;
        if (number < 0)
            continue;
        *ret_bucket = (struct histogram_bucket){histogram_lowest(bucket), histogram_highest(bucket), (uint64_t)number};
        if (ret_bucket->lowest_ns < view->min_ns)
            ret_bucket->lowest_ns = view->min_ns;
        if (ret_bucket->highest_ns > view->max_ns)
            ret_bucket->highest_ns = view->max_ns;
        view->next_item = view->next_item->next;
        return true;
    }
    return false;
}

// How much of a bucket lies below `ns`, 0 … 1: a value of 5 ns takes up 5 to 6.
static double part_below(const struct histogram_bucket *bucket, double ns)
{
    double width = (double)(bucket->highest_ns - bucket->lowest_ns) + 1;

    return fmin(fmax((ns - (double)bucket->lowest_ns) / width, 0), 1);
}

double histogram_share_below(struct histogram_view view, double ns)
{
    struct histogram_bucket bucket;
    double below = 0;

    while (histogram_next(&view, &bucket))
        below += (double)bucket.count * part_below(&bucket, ns);
    return below / (double)view.total;
}

uint64_t histogram_percentile(struct histogram_view view, double q)
{
    struct histogram_bucket bucket = {0};
    double wanted = ceil(q * (double)view.total), sum = 0;

    while (sum < wanted && histogram_next(&view, &bucket))
        sum += (double)bucket.count;
    return bucket.highest_ns;
}

void histogram_edges(uint64_t low_ns, uint64_t high_ns, size_t bins, double *ret_edges)
{
    double low = fmax((double)low_ns, 1), high = fmax((double)high_ns, low) + 1;

    // The power is not exact: the edge of a decade must not be moved by it.
    for (size_t i = 0; i < bins; i++)
        ret_edges[i] = fmax(ceil(low * pow(high / low, (double)i / (double)bins) * (1 - 1e-12)), low);
    ret_edges[bins] = high;
}

void histogram_bins(struct histogram_view view, const double *edges, size_t bins, double *ret_counts)
{
    struct histogram_bucket bucket;
    size_t bin = 0;

    for (size_t i = 0; i < bins; i++)
        ret_counts[i] = 0;
    while (histogram_next(&view, &bucket)) {
        double below = 0, upto;

        while (bin + 1 < bins && (double)bucket.lowest_ns >= edges[bin + 1])
            bin++;
        for (size_t i = bin; i < bins && below < 1; i++) {
            upto = i + 1 < bins ? part_below(&bucket, edges[i + 1]) : 1;
            ret_counts[i] += (double)bucket.count * (upto - below);
            below = upto;
        }
    }
}

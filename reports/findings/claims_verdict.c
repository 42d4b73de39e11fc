// SPDX-License-Identifier: MIT
#include "reports/findings/claims_verdict.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "measure/base/stats.h"

const char *const claims_verdict_names[CLAIMS_VERDICTS] = {"confirmed", "refuted", "not shown"};

// NAN where there are none, or no memory.
static double median_of(const double *values, size_t n)
{
    double *sorted = n > 0 ? stats_sorted(values, n) : NULL;
    double median = sorted != NULL ? stats_median(sorted, n) : NAN;

    free(sorted);
    return median;
}

int claims_estimate(const double *values, const size_t n[CLAIMS_BATCHES], bool once,
                    struct claims_estimate *ret_estimate)
{
    struct claims_estimate estimate = {.median = NAN, .low = NAN, .high = NAN, .others = NAN};
    struct stats_interval interval;
    double *sorted;

    for (int batch = 0; batch < CLAIMS_BATCHES; batch++) {
        estimate.medians[batch] = median_of(values + estimate.n, n[batch]);
        estimate.n += n[batch];
    }
    sorted = stats_sorted(values, estimate.n);
    if (sorted == NULL)
        return -ENOMEM;
    if (estimate.n > 0) {
        interval = stats_median_interval(sorted, estimate.n, 0.95);
        estimate.median = stats_median(sorted, estimate.n);
        estimate.interval = interval.valid && !once;
        estimate.low = once ? sorted[0] : interval.low;
        estimate.high = once ? sorted[estimate.n - 1] : interval.high;
    }
    free(sorted);
    *ret_estimate = estimate;
    return 0;
}

static bool lies(double value, double bound, bool at_most)
{
    return at_most ? value <= bound : value >= bound;
}

// All of it on one side: the interval and each batch.
static bool all_lie(const struct claims_estimate *estimate, double bound, bool at_most)
{
    bool all = lies(estimate->low, bound, at_most) && lies(estimate->high, bound, at_most);

    for (int batch = 0; batch < CLAIMS_BATCHES; batch++)
        all = all && lies(estimate->medians[batch], bound, at_most);
    return all;
}

// Between confirmed and refuted, 0; on the side that confirms 1, that refutes -1.
static int side_of(double value, const struct claims_bounds *bounds)
{
    if (lies(value, bounds->confirmed, bounds->at_most))
        return 1;
    return lies(value, bounds->refuted, !bounds->at_most) ? -1 : 0;
}

static enum claims_cause cause_of(const struct claims_estimate *estimate, const struct claims_bounds *bounds)
{
    int median = side_of(estimate->median, bounds);

    for (int batch = 1; batch < CLAIMS_BATCHES; batch++) {
        if (side_of(estimate->medians[batch], bounds) != side_of(estimate->medians[0], bounds))
            return CLAIMS_CAUSE_BATCHES;
    }
    if (side_of(estimate->low, bounds) != median || side_of(estimate->high, bounds) != median)
        return CLAIMS_CAUSE_NOISE;
    return CLAIMS_CAUSE_BETWEEN;
}

enum claims_verdict claims_judge_estimate(const struct claims_estimate *estimate, const struct claims_bounds *bounds,
                                          size_t needed, enum claims_cause *ret_cause)
{
    bool few = estimate->n < needed || estimate->n == 0;

    for (int batch = 0; batch < CLAIMS_BATCHES; batch++)
        few |= isnan(estimate->medians[batch]);
    *ret_cause = CLAIMS_CAUSE_NONE;
    if (!few && estimate->others > CLAIMS_OTHERS_MOST) {
        *ret_cause = CLAIMS_CAUSE_OTHERS;
        return CLAIMS_NOT_SHOWN;
    }
    if (!few && all_lie(estimate, bounds->confirmed, bounds->at_most))
        return CLAIMS_CONFIRMED;
    if (!few && all_lie(estimate, bounds->refuted, !bounds->at_most))
        return CLAIMS_REFUTED;
    *ret_cause = few ? CLAIMS_CAUSE_FEW : cause_of(estimate, bounds);
    return CLAIMS_NOT_SHOWN;
}

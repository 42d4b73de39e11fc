// SPDX-License-Identifier: MIT
#include "measure/pairs.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "measure/base/stats.h"

bool pairs_difference(double base, double new, bool more_is_better, double *ret_d)
{
    if (!(base > 0 && new > 0 && isfinite(base) && isfinite(new)))
        return false;
    // A difference of logarithms, not the logarithm of a ratio: that may overflow.
    *ret_d = more_is_better ? log(base) - log(new) : log(new) - log(base);
    return true;
}

double pairs_share(double d)
{
    return expm1(d);
}

int pairs_estimate(const double *d, size_t n, size_t k, struct pairs_estimate *ret_estimate)
{
    struct pairs_estimate estimate = {.n = n, .k = k, .least = -INFINITY, .most = INFINITY};
    double *sorted = stats_sorted(d, n);
    struct stats_interval interval;

    if (sorted == NULL)
        return -ENOMEM;
    estimate.median = stats_median(sorted, n);
    interval = stats_median_interval(sorted, n, 0.95);
    estimate.interval = interval.valid;
    estimate.low = interval.low;
    estimate.high = interval.high;
    estimate.coverage = interval.coverage;
    if (k > 0) {
        estimate.least = sorted[k - 1];
        estimate.most = sorted[n - k];
    }
    free(sorted);
    *ret_estimate = estimate;
    return 0;
}

size_t pairs_needed(size_t comparisons)
{
    size_t n = 1;

    // Asked of the bound itself, so that both round alike.
    while (stats_bound_k(n, PAIRS_LEVEL / (double)comparisons) == 0)
        n++;
    return n;
}

enum pairs_finding pairs_judge(const struct pairs_estimate *estimate, double allowed)
{
    double limit = log1p(allowed);

    if (estimate->k == 0)
        return PAIRS_TOO_FEW;
    if (estimate->least > limit)
        return PAIRS_WORSE;
    if (estimate->low > limit)
        return PAIRS_UNSURE;
    if (estimate->high > limit && estimate->high - estimate->low > 2 * limit)
        return PAIRS_UNSURE;
    return estimate->most < -limit ? PAIRS_BETTER : PAIRS_SAME;
}

enum pairs_finding pairs_judge_again(const struct pairs_estimate *again, double allowed)
{
    enum pairs_finding finding = pairs_judge(again, allowed);

    return finding == PAIRS_SAME && again->high > log1p(allowed) ? PAIRS_UNSURE : finding;
}

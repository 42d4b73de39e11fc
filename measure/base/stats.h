// SPDX-License-Identifier: MIT
// The statistics of a cell. The unit of replication is a trial (a fresh process): what happens inside one trial never
// enters n. No permissive C library has these few order-statistic procedures, so they are here, tested against SciPy.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The fewest values of which the median has a 95 % interval: from less, nothing is concluded.
#define STATS_INTERVAL_LEAST 6

// No value anywhere here may be a NaN: NaNs have no order. Infinite values have.

// Sorts in place, ascending.
void stats_sort(double *values, size_t n);
void stats_sort_u64(uint64_t *values, size_t n);

// A sorted copy, for free(); NULL when out of memory.
double *stats_sorted(const double *values, size_t n);

// Of `n` ≥ 1 SORTED values. The median of an even number is the mean of the middle two.
double stats_median(const double *sorted, size_t n);

// A quantile of `n` ≥ 1 SORTED values by linear interpolation between order statistics (R's type 7, NumPy's default); 0 ≤ q ≤ 1.
double stats_quantile(const double *sorted, size_t n, double q);

// Percentile by nearest rank (R's type 1, what "99 % of the tasks were at least as fast" means): the smallest value
// with at least q·n values ≤ it. 0 < q ≤ 1, n ≥ 1, sorted.
uint64_t stats_percentile_u64(const uint64_t *sorted, size_t n, double q);
// Which of them that is, from 1 on.
size_t stats_percentile_rank(size_t n, double q);

// The fewest samples for which the q-th percentile has an upper 95 % confidence bound inside the sample,
// ceil(ln 0.05 / ln q): 299 for p99, 2995 for p99.9. SIZE_MAX for q ≥ 1. (Wilks 1941; Hahn & Meeker,
// Statistical Intervals, ch. 5.)
size_t stats_percentile_needs(double q);

struct stats_interval {
    bool valid; // false: n too small for the level asked; low and high are then the smallest and largest value
    double low, high;
    double coverage; // exact, from the binomial
};

// Confidence interval of the median from order statistics: x_k … x_{n+1-k}, k the largest with exact coverage
// 1 - 2·P(Bin(n,½) < k) ≥ level. (David & Nagaraja, Order Statistics, §7.1.) n = 6: x1…x6, 96.9 %; 20: x6…x15.
// NOTE the sign-test interval of paired log-ratios is this same interval of the ratios.
struct stats_interval stats_median_interval(const double *sorted, size_t n, double level);

// One-sided bounds of the median from the sign test: the largest k with P(Bin(n,½) < k) ≤ level, so that the median is
// below the k-th smallest value, or above the k-th largest, with at most that chance. 1-based; 0 where no k will do.
// (David & Nagaraja, Order Statistics, §7.1.) n = 20: 4 at 0.01 / 7, 3 at 0.01 / 49.
size_t stats_bound_k(size_t n, double level);

struct stats_summary {
    size_t n;
    double median, low, high, coverage; // 95 % interval of the median
    bool interval;                      // low and high are an interval (n ≥ STATS_INTERVAL_LEAST)
    double min, max, mean;
    double sd;  // of a sample (n - 1); 0 for n = 1
    double mad; // median absolute deviation, not scaled
    // Beyond Tukey's inner fences (1.5 IQR) but not the outer, and beyond the outer (3 IQR); counted, never dropped.
    // Quartiles by linear interpolation (R's type 7).
    size_t outliers_mild, outliers_far;
};

// Of n ≥ 1 values in any order; `values` is left as it was. 0 or -ENOMEM.
int stats_summarise(const double *values, size_t n, struct stats_summary *ret_summary);

// The straight line nearest to n points by least squares (Draper & Smith, Applied Regression Analysis, 3rd ed., ch. 1):
// its slope, and r², the share of the variance of y that it explains (1 where all y are equal). False, with both
// untouched, where x has fewer than two different values.
bool stats_line(const double *x, const double *y, size_t n, double *ret_slope, double *ret_r2);

// Kendall's tau-b of values against their order (drift over time), and its two-sided p by the normal approximation with
// tie correction (Kendall, Rank Correlation Methods, 1970). tau 0 and p 1 where all values are equal or n < 2.
// Takes n² comparisons: for rounds, not for tasks.
void stats_kendall(const double *values, size_t n, double *ret_tau, double *ret_p);

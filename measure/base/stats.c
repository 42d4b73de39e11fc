// SPDX-License-Identifier: MIT
#include "measure/base/stats.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_double(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static int compare_u64(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

void stats_sort(double *values, size_t n)
{
    if (n > 1)
        qsort(values, n, sizeof *values, compare_double);
}

// Fewer are sorted by comparing. In one pass over more of them so many bits are looked at.
#define RADIX_LEAST 2048
#define RADIX_BITS 11
#define RADIX_SIZE (1u << RADIX_BITS)

// Whether they are in order; else the smallest and the largest.
static bool in_order(const uint64_t *values, size_t n, uint64_t *ret_least, uint64_t *ret_most)
{
    uint64_t least = UINT64_MAX, most = 0;
    bool ordered = true;

    for (size_t i = 0; i < n; i++) {
        ordered &= i == 0 || values[i - 1] <= values[i];
        least = values[i] < least ? values[i] : least;
        most = values[i] > most ? values[i] : most;
    }
    *ret_least = least;
    *ret_most = most;
    return ordered;
}

// From one array to the other, by the digit at `shift` of what they are above `least`; equal ones stay in their order.
static void sort_by_digit(const uint64_t *from, uint64_t *to, size_t n, uint64_t least, unsigned shift)
{
    size_t places[RADIX_SIZE] = {0}, place = 0;

    for (size_t i = 0; i < n; i++)
        places[(from[i] - least) >> shift & (RADIX_SIZE - 1)]++;
    for (size_t digit = 0; digit < RADIX_SIZE; digit++) {
        size_t count = places[digit];

        places[digit] = place;
        place += count;
    }
    for (size_t i = 0; i < n; i++)
        to[places[(from[i] - least) >> shift & (RADIX_SIZE - 1)]++] = from[i];
}

// Knuth, The Art of Computer Programming 3, 5.2.5, algorithm R: a pass for each digit, the last one first. False: no memory.
static bool sort_by_radix(uint64_t *values, size_t n, uint64_t least, uint64_t most)
{
    uint64_t *spare = malloc(n * sizeof *spare), *from = values, *to = spare;

    if (spare == NULL)
        return false;
    for (unsigned shift = 0; shift < 64 && (most - least) >> shift > 0; shift += RADIX_BITS) {
        uint64_t *sorted = to;

        sort_by_digit(from, to, n, least, shift);
        to = from;
        from = sorted;
    }
    if (from != values)
        memcpy(values, from, n * sizeof *values);
    free(spare);
    return true;
}

void stats_sort_u64(uint64_t *values, size_t n)
{
    uint64_t least, most;

    if (n < 2 || in_order(values, n, &least, &most))
        return;
    if (n < RADIX_LEAST || !sort_by_radix(values, n, least, most))
        qsort(values, n, sizeof *values, compare_u64);
}

double *stats_sorted(const double *values, size_t n)
{
    double *sorted = malloc((n + 1) * sizeof *sorted);

    if (sorted == NULL)
        return NULL;
    memcpy(sorted, values, n * sizeof *sorted);
    stats_sort(sorted, n);
    return sorted;
}

double stats_median(const double *sorted, size_t n)
{
    if (n % 2)
        return sorted[n / 2];
    // Halved first: the sum of two large values could overflow.
    return sorted[n / 2 - 1] / 2 + sorted[n / 2] / 2;
}

size_t stats_percentile_rank(size_t n, double q)
{
    double position = q * (double)n;
    // 0.07 × 100 is 7.000000000000001 in binary: the slack, a few rounding errors wide, keeps that the 7th value.
    double rank = ceil(position - 4 * DBL_EPSILON * position);

    if (rank < 1)
        return 1;
    return rank >= (double)n ? n : (size_t)rank;
}

uint64_t stats_percentile_u64(const uint64_t *sorted, size_t n, double q)
{
    return sorted[stats_percentile_rank(n, q) - 1];
}

size_t stats_percentile_needs(double q)
{
    if (q <= 0)
        return 1;
    if (q >= 1)
        return SIZE_MAX;
    return (size_t)ceil(log(0.05) / log(q));
}

// P(Bin(n, 1/2) < k) for k = 1, 2, …, one after the other. The terms are kept as multiples of 2^exponent, because
// 2^-n itself underflows for n > 1074.
struct half_binomial {
    size_t n, k;
    double term, below; // P(X = k - 1) and P(X < k), in units of 2^exponent
    long exponent;
};

static struct half_binomial half_binomial_first(size_t n)
{
    return (struct half_binomial){.n = n, .k = 1, .term = 1, .below = 1, .exponent = -(long)n};
}

static void half_binomial_next(struct half_binomial *b)
{
    b->term *= (double)(b->n - b->k + 1) / (double)b->k;
    b->below += b->term;
    b->k++;
    if (b->below > 0x1p500) {
        b->term *= 0x1p-500;
        b->below *= 0x1p-500;
        b->exponent += 500;
    }
}

static double half_binomial_coverage(const struct half_binomial *b)
{
    return 1 - 2 * scalbln(b->below, b->exponent);
}

// The k of stats_median_interval(), 1-based, and its coverage; 0 where no k reaches the level, with that of k = 1.
static size_t find_order(size_t n, double level, double *ret_coverage)
{
    struct half_binomial b = half_binomial_first(n);
    double coverage = half_binomial_coverage(&b);

    *ret_coverage = coverage;
    if (n == 0 || coverage < level)
        return 0;
    while (b.k < (n + 1) / 2) {
        half_binomial_next(&b);
        coverage = half_binomial_coverage(&b);
        if (coverage < level)
            return b.k - 1;
        *ret_coverage = coverage;
    }
    return b.k;
}

size_t stats_bound_k(size_t n, double level)
{
    struct half_binomial b = half_binomial_first(n);

    if (n == 0)
        return 0;
    while (b.k <= n && scalbln(b.below, b.exponent) <= level)
        half_binomial_next(&b);
    return b.k - 1;
}

struct stats_interval stats_median_interval(const double *sorted, size_t n, double level)
{
    struct stats_interval interval;
    size_t k = find_order(n, level, &interval.coverage);

    interval.valid = k > 0;
    if (k == 0)
        k = 1;
    interval.low = sorted[k - 1];
    interval.high = sorted[n - k];
    return interval;
}

double stats_quantile(const double *sorted, size_t n, double q)
{
    double position = q * (double)(n - 1);
    size_t below = (size_t)position;
    double part = position - (double)below;

    if (below + 1 >= n)
        return sorted[n - 1];
    return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

static void count_outliers(const double *sorted, size_t n, struct stats_summary *summary)
{
    double first = stats_quantile(sorted, n, 0.25), third = stats_quantile(sorted, n, 0.75);
    double range = third - first;

    summary->outliers_mild = summary->outliers_far = 0;
    for (size_t i = 0; i < n; i++) {
        double beyond = fmax(first - sorted[i], sorted[i] - third);

        if (beyond > 3 * range)
            summary->outliers_far++;
        else if (beyond > 1.5 * range)
            summary->outliers_mild++;
    }
}

// In two passes: subtracting the mean first keeps the digits that a sum of squares would lose.
static void mean_and_sd(const double *values, size_t n, double *ret_mean, double *ret_sd)
{
    double sum = 0, squares = 0;

    for (size_t i = 0; i < n; i++)
        sum += values[i];
    *ret_mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (values[i] - *ret_mean) * (values[i] - *ret_mean);
    *ret_sd = n > 1 ? sqrt(squares / (double)(n - 1)) : 0;
}

// Overwrites `sorted`.
static double absolute_deviation(double *sorted, size_t n, double median)
{
    for (size_t i = 0; i < n; i++)
        sorted[i] = fabs(sorted[i] - median);
    stats_sort(sorted, n);
    return stats_median(sorted, n);
}

int stats_summarise(const double *values, size_t n, struct stats_summary *ret_summary)
{
    struct stats_summary summary = {.n = n};
    struct stats_interval interval;
    double *sorted = stats_sorted(values, n);

    if (sorted == NULL)
        return -ENOMEM;
    summary.median = stats_median(sorted, n);
    interval = stats_median_interval(sorted, n, 0.95);
    summary.low = interval.low;
    summary.high = interval.high;
    summary.coverage = interval.coverage;
    summary.interval = interval.valid;
    summary.min = sorted[0];
    summary.max = sorted[n - 1];
    mean_and_sd(sorted, n, &summary.mean, &summary.sd);
    count_outliers(sorted, n, &summary);
    summary.mad = absolute_deviation(sorted, n, summary.median);
    free(sorted);
    *ret_summary = summary;
    return 0;
}

bool stats_line(const double *x, const double *y, size_t n, double *ret_slope, double *ret_r2)
{
    double mean_x, mean_y, sd, xx = 0, xy = 0, yy = 0;
    bool differ = false;

    for (size_t i = 1; i < n; i++)
        differ |= x[i] != x[0];
    if (!differ)
        return false;
    mean_and_sd(x, n, &mean_x, &sd);
    mean_and_sd(y, n, &mean_y, &sd);
    for (size_t i = 0; i < n; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
    *ret_slope = xy / xx;
    *ret_r2 = yy > 0 ? fmin(1, xy / xx * xy / yy) : 1;
    return true;
}

// What Kendall's formulas need of the values: S (pairs in order less pairs in reverse), the pairs that are tied, and
// the sum of t(t-1)(2t+5) over groups of t equal values.
struct rank_sums {
    double s, tied, correction;
};

// Quadratic on purpose: n is a number of rounds. A group of t equal values gives t(t-1)/2 tied pairs; spreading each
// group's correction over its t members, (t-1)(2t+5) each, needs no sorting.
static struct rank_sums rank_sums_of(const double *values, size_t n)
{
    struct rank_sums sums = {0, 0, 0};

    for (size_t i = 0; i < n; i++) {
        double equal = 0;

        for (size_t j = 0; j < n; j++) {
            equal += values[j] == values[i];
            if (j > i)
                sums.s += (values[j] > values[i]) - (values[j] < values[i]);
        }
        sums.tied += (equal - 1) / 2;
        sums.correction += (equal - 1) * (2 * equal + 5);
    }
    return sums;
}

void stats_kendall(const double *values, size_t n, double *ret_tau, double *ret_p)
{
    double count = (double)n, pairs = count * (count - 1) / 2, variance;
    struct rank_sums sums = rank_sums_of(values, n);

    *ret_tau = 0;
    *ret_p = 1;
    if (n < 2 || sums.tied >= pairs)
        return;
    // The order has no ties, so the correction has the terms of the values alone.
    variance = (count * (count - 1) * (2 * count + 5) - sums.correction) / 18;
    *ret_tau = sums.s / sqrt(pairs) / sqrt(pairs - sums.tied);
    *ret_p = erfc(fabs(sums.s) / sqrt(variance) / sqrt(2));
}

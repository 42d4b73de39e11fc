// SPDX-License-Identifier: MIT
// Known values. Against SciPy, on random data: tests/test_stats.py.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "measure/base/stats.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void test_sort(void **state)
{
    double values[] = {3, -1, 2, INFINITY, -1};
    uint64_t numbers[] = {UINT64_MAX, 0, UINT64_C(1) << 63, 7};

    (void)state;
    stats_sort(values, COUNT(values));
    for (size_t i = 1; i < COUNT(values); i++)
        assert_true(values[i - 1] <= values[i]);
    assert_true(values[4] == INFINITY);
    stats_sort_u64(numbers, COUNT(numbers));
    assert_true(numbers[0] == 0 && numbers[1] == 7 && numbers[2] == UINT64_C(1) << 63 && numbers[3] == UINT64_MAX);
}

static void test_median(void **state)
{
    double values[] = {1, 2, 4, 1e308, 1.5e308};

    (void)state;
    assert_true(stats_median(values, 1) == 1);
    assert_true(stats_median(values, 2) == 1.5);
    assert_true(stats_median(values, 5) == 4);
    assert_true(stats_median(values + 3, 2) == 1.25e308);
}

static void test_percentile(void **state)
{
    uint64_t values[100];

    (void)state;
    for (size_t i = 0; i < COUNT(values); i++)
        values[i] = i + 1;
    // That q × 100 is not exact in binary must not move the rank: 0.07 × 100 > 7, 0.29 × 100 < 29.
    for (uint64_t percent = 1; percent <= 100; percent++)
        assert_int_equal(stats_percentile_u64(values, 100, (double)percent / 100), percent);
    assert_int_equal(stats_percentile_u64(values, 100, 0.991), 100);
    assert_int_equal(stats_percentile_u64(values, 100, 0.001), 1);
    assert_int_equal(stats_percentile_u64(values, 1, 0.5), 1);
    assert_int_equal(stats_percentile_u64(values, 2, 0.5), 1);
    assert_int_equal(stats_percentile_u64(values, 2, 0.51), 2);
}

static void test_percentile_needs(void **state)
{
    (void)state;
    assert_int_equal(stats_percentile_needs(0.5), 5);
    assert_int_equal(stats_percentile_needs(0.9), 29);
    assert_int_equal(stats_percentile_needs(0.99), 299);
    assert_int_equal(stats_percentile_needs(0.999), 2995);
    assert_true(stats_percentile_needs(1) == SIZE_MAX);
}

// The rank at which the interval of the median of n values begins; 0 where it is none.
static size_t interval_rank(size_t n, double level)
{
    static double values[10000]; // 1, 2, 3 …
    struct stats_interval interval;

    for (size_t i = 0; i < n; i++)
        values[i] = (double)(i + 1);
    interval = stats_median_interval(values, n, level);
    assert_true(interval.high == (double)(n + 1) - interval.low);
    return interval.valid ? (size_t)interval.low : 0;
}

static void test_interval_rank(void **state)
{
    static const struct {
        size_t n, k;
    } cases[] = {{1, 0}, {5, 0}, {STATS_INTERVAL_LEAST, 1}, {10, 2}, {12, 3}, {20, 6}, {30, 10}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(interval_rank(cases[i].n, 0.95), cases[i].k);
    // 2^-n is no double from n = 1075 on. The normal approximation puts k near n/2 - 0.98 √n.
    assert_int_equal(interval_rank(10000, 0.95), 4902);
    assert_int_equal(interval_rank(20, 1), 0);
}

static void test_interval(void **state)
{
    double values[20];
    struct stats_interval interval;

    (void)state;
    for (size_t i = 0; i < COUNT(values); i++)
        values[i] = (double)(i + 1);
    interval = stats_median_interval(values, 6, 0.95);
    assert_true(interval.valid && interval.low == 1 && interval.high == 6 && interval.coverage == 0.96875);
    interval = stats_median_interval(values, 20, 0.95);
    assert_true(interval.valid && interval.low == 6 && interval.high == 15);
    assert_true(fabs(interval.coverage - 0.958610534667969) < 1e-15);
    interval = stats_median_interval(values, 5, 0.95);
    assert_true(!interval.valid && interval.low == 1 && interval.high == 5 && interval.coverage == 0.9375);
    interval = stats_median_interval(values, 1, 0.95);
    assert_true(!interval.valid && interval.low == 1 && interval.high == 1 && interval.coverage == 0);
}

static void test_summary(void **state)
{
    double values[] = {5, 1, 16, 2, 4, 3, 23, 6, 7, 5, 8};
    double copy[COUNT(values)];
    struct stats_summary summary;

    (void)state;
    for (size_t i = 0; i < COUNT(values); i++)
        copy[i] = values[i];
    assert_int_equal(stats_summarise(values, COUNT(values), &summary), 0);
    assert_memory_equal(values, copy, sizeof(values));
    assert_int_equal(summary.n, 11);
    assert_true(summary.median == 5 && summary.min == 1 && summary.max == 23);
    assert_true(summary.interval && summary.low == 2 && summary.high == 16);
    assert_true(fabs(summary.mean - 80.0 / 11) < 1e-14);
    assert_true(fabs(summary.sd - 6.574053682331916) < 1e-13);
    assert_true(summary.mad == 2);
    // The quartiles are 3.5 and 7.5: beyond 13.5 lies 16, beyond 19.5 lies 23.
    assert_int_equal(summary.outliers_mild, 1);
    assert_int_equal(summary.outliers_far, 1);
}

static void test_summary_of_one(void **state)
{
    double value = 7;
    struct stats_summary summary;

    (void)state;
    assert_int_equal(stats_summarise(&value, 1, &summary), 0);
    assert_true(summary.median == 7 && summary.low == 7 && summary.high == 7 && summary.mean == 7);
    assert_true(!summary.interval && summary.sd == 0 && summary.mad == 0);
    assert_int_equal(summary.outliers_mild + summary.outliers_far, 0);
}

static void test_kendall(void **state)
{
    double rising[] = {1, 2, 3, 4}, falling[] = {4, 3, 2, 1}, equal[] = {2, 2, 2}, tied[] = {1, 2, 2, 3};
    double tau, p;

    (void)state;
    stats_kendall(rising, 4, &tau, &p);
    assert_true(fabs(tau - 1) < 1e-15);
    assert_true(fabs(p - 0.04154006700988518) < 1e-14); // z = 6 / √(26/3)
    stats_kendall(falling, 4, &tau, &p);
    assert_true(fabs(tau + 1) < 1e-15);
    stats_kendall(tied, 4, &tau, &p);
    assert_true(fabs(tau - 5 / sqrt(30)) < 1e-15);
    stats_kendall(equal, 3, &tau, &p);
    assert_true(tau == 0 && p == 1);
    stats_kendall(rising, 1, &tau, &p);
    assert_true(tau == 0 && p == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sort),          cmocka_unit_test(test_median),
        cmocka_unit_test(test_percentile),    cmocka_unit_test(test_percentile_needs),
        cmocka_unit_test(test_interval_rank), cmocka_unit_test(test_interval),
        cmocka_unit_test(test_summary),       cmocka_unit_test(test_summary_of_one),
        cmocka_unit_test(test_kendall),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

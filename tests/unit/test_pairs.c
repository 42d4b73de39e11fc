// SPDX-License-Identifier: MIT
// Known values of the gate's bounds, and its decisions. Against SciPy, on random data: tests/test_stats.py.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "measure/base/stats.h"
#include "measure/pairs_looks.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define N 20

static void test_difference(void **state)
{
    const double none[] = {0, -1, NAN, INFINITY};
    double d = 7;

    (void)state;
    assert_true(pairs_difference(100, 105, false, &d));
    assert_true(fabs(pairs_share(d) - 0.05) < 1e-12);
    assert_true(pairs_difference(105, 100, true, &d));
    assert_true(fabs(pairs_share(d) - 0.05) < 1e-12);
    assert_true(pairs_difference(100, 95, false, &d) && d < 0);
    assert_true(pairs_difference(1e-300, 1e300, false, &d) && isfinite(d));
    d = 7;
    for (size_t i = 0; i < COUNT(none); i++) {
        assert_false(pairs_difference(none[i], 1, false, &d));
        assert_false(pairs_difference(1, none[i], true, &d));
    }
    assert_true(d == 7);
}

static void test_bound_k(void **state)
{
    static const struct {
        size_t n, m, k;
    } cases[] = {{20, 1, 5}, {20, 7, 4}, {20, 8, 3}, {20, 49, 3}, {20, 50, 2}, {6, 1, 0}, {7, 1, 1}, {40, 6, 11}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(stats_bound_k(cases[i].n, 0.01 / (double)cases[i].m), cases[i].k);
    assert_int_equal(stats_bound_k(0, 0.01), 0);
    assert_int_equal(stats_bound_k(10000, 0.005), 4871);
}

static void test_needed(void **state)
{
    static const struct {
        size_t m, n;
    } cases[] = {{1, 7}, {2, 8}, {6, 10}, {7, 10}, {30, 12}, {1000, 17}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(pairs_needed(cases[i].m), cases[i].n);
}

// N differences around `middle`, evenly spread over ± spread.
static struct pairs_estimate estimate_of(double middle, double spread)
{
    struct pairs_estimate estimate;
    double d[N];

    for (int i = 0; i < N; i++)
        d[(i * 7) % N] = middle + spread * (2.0 * i / (N - 1) - 1);
    assert_int_equal(pairs_estimate(d, N, stats_bound_k(N, PAIRS_LEVEL / 6), &estimate), 0);
    return estimate;
}

static void test_estimate(void **state)
{
    struct pairs_estimate e = estimate_of(10, 9.5);

    (void)state;
    assert_int_equal(e.n, N);
    assert_int_equal(e.k, 4);
    assert_true(fabs(e.median - 10) < 1e-12);
    assert_true(e.interval && fabs(e.low - 5.5) < 1e-12 && fabs(e.high - 14.5) < 1e-12);
    assert_true(fabs(e.least - 3.5) < 1e-12 && fabs(e.most - 16.5) < 1e-12);
}

static void test_judge(void **state)
{
    static const struct {
        double middle, spread;
        enum pairs_finding finding, again;
    } cases[] = {
        {0, 0.005, PAIRS_SAME, PAIRS_SAME},
        {0.02, 0.005, PAIRS_SAME, PAIRS_SAME},
        {0.05, 0.005, PAIRS_WORSE, PAIRS_WORSE},
        {0.06, 0.03, PAIRS_WORSE, PAIRS_WORSE},
        // The interval holds the limit: narrow enough to let it pass, unless there was an alarm before.
        {0.03, 0.01, PAIRS_SAME, PAIRS_UNSURE},
        {0.03, 0.2, PAIRS_UNSURE, PAIRS_UNSURE},
        {0, 0.2, PAIRS_UNSURE, PAIRS_UNSURE},
        // Noise that leaves no doubt is not held against it.
        {-0.2, 0.2, PAIRS_BETTER, PAIRS_BETTER},
        {-0.06, 0.15, PAIRS_SAME, PAIRS_SAME},
        {-0.05, 0.005, PAIRS_BETTER, PAIRS_BETTER},
        // The 95 % interval lies above the limit, the bound does not.
        {0.05, 0.035, PAIRS_UNSURE, PAIRS_UNSURE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pairs_estimate e = estimate_of(cases[i].middle, cases[i].spread);

        if (pairs_judge(&e, 0.03) != cases[i].finding || pairs_judge_again(&e, 0.03) != cases[i].again)
            fail_msg("case %zu: %d and %d; %g [%g, %g] at least %g, at most %g", i, pairs_judge(&e, 0.03),
                     pairs_judge_again(&e, 0.03), e.median, e.low, e.high, e.least, e.most);
    }
}

static void test_too_few(void **state)
{
    const double d[] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    struct pairs_estimate e;

    (void)state;
    assert_int_equal(pairs_estimate(d, COUNT(d), stats_bound_k(COUNT(d), PAIRS_LEVEL / 6), &e), 0);
    assert_int_equal(e.k, 0);
    assert_true(e.least == -INFINITY && e.most == INFINITY);
    assert_int_equal(pairs_judge(&e, 0.03), PAIRS_TOO_FEW);
    assert_int_equal(pairs_judge_again(&e, 0.03), PAIRS_TOO_FEW);
    assert_int_equal(pairs_estimate(d, 1, 0, &e), 0);
    assert_false(e.interval);
}

// All equal: every bound is that value.
static void test_ties(void **state)
{
    double d[N];
    struct pairs_estimate e;

    (void)state;
    for (int i = 0; i < N; i++)
        d[i] = 0.1;
    assert_int_equal(pairs_estimate(d, N, stats_bound_k(N, PAIRS_LEVEL / 6), &e), 0);
    assert_true(e.least == 0.1 && e.most == 0.1 && e.low == 0.1 && e.high == 0.1);
    assert_int_equal(pairs_judge(&e, 0.03), PAIRS_WORSE);
    assert_int_equal(pairs_judge(&e, 0.2), PAIRS_SAME);
}

// By hand: the least share of the level that 2^-n still fits into, and what is left of it at the end.
static void test_looks(void **state)
{
    static const size_t alarm[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4};
    static const size_t passed[] = {0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4};
    struct pairs_looks looks;

    (void)state;
    assert_int_equal(pairs_looks_make(N, 6, true, &looks), 0);
    for (size_t n = 0; n <= N; n++) {
        assert_int_equal(looks.alarm[n], alarm[n]);
        assert_int_equal(looks.passed[n], passed[n]);
    }
    pairs_looks_release(&looks);
    assert_int_equal(pairs_looks_make(N, 6, false, &looks), 0);
    for (size_t n = 1; n <= N; n++) {
        assert_int_equal(looks.alarm[n], stats_bound_k(n, PAIRS_LEVEL / 6));
        assert_int_equal(looks.passed[n], 0);
    }
    pairs_looks_release(&looks);
}

// Of all 2^rounds ways in which the signs can fall, the share that finds this at some look. The median is just what is allowed,
// so that each sign has a chance of one half.
static double share_finding(size_t rounds, size_t comparisons, enum pairs_finding wanted)
{
    struct pairs_looks looks;
    size_t found = 0;

    assert_int_equal(pairs_looks_make(rounds, comparisons, true, &looks), 0);
    for (size_t signs = 0; signs < (size_t)1 << rounds; signs++) {
        enum pairs_finding finding = PAIRS_UNSURE;
        double d[N];

        for (size_t i = 0; i < rounds; i++)
            d[i] = log1p(0.03) + ((signs >> i & 1) != 0 ? 0.01 : -0.01);
        for (size_t n = 1; n <= rounds && finding != wanted; n++)
            assert_int_equal(pairs_look(d, n, &looks, 0.03, &finding), 0);
        found += finding == wanted;
    }
    pairs_looks_release(&looks);
    return (double)found / (double)((size_t)1 << rounds);
}

// The errors are what they are said to be, however often it is looked.
static void test_errors_of_looks(void **state)
{
    (void)state;
    for (size_t rounds = 6; rounds <= 14; rounds++) {
        assert_true(share_finding(rounds, 1, PAIRS_WORSE) <= PAIRS_LEVEL);
        assert_true(share_finding(rounds, 6, PAIRS_WORSE) <= PAIRS_LEVEL / 6);
        assert_true(share_finding(rounds, 1, PAIRS_SAME) <= PAIRS_PASS_LEVEL);
    }
    // Nor are they thrown away.
    assert_true(share_finding(14, 1, PAIRS_WORSE) > PAIRS_LEVEL / 2);
    assert_true(share_finding(14, 1, PAIRS_SAME) > PAIRS_PASS_LEVEL / 2);
}

static void test_look(void **state)
{
    const double same[] = {0.01, -0.01, 0.02, 0, 0.01, -0.02, 0.01}, better[] = {-.2, -.3, -.2, -.25, -.2, -.3, -.2};
    const double one[] = {0.01, 0.05, 0.01, 0.01, 0.01, 0.01, 0.01};
    enum pairs_finding finding;
    struct pairs_looks looks;
    double worse[N];

    (void)state;
    assert_int_equal(pairs_looks_make(N, 6, true, &looks), 0);
    for (size_t n = 0; n <= COUNT(same); n++) {
        assert_int_equal(pairs_look(same, n, &looks, 0.03, &finding), 0);
        assert_int_equal(finding, n < PAIRS_FIRST_LOOK ? PAIRS_UNSURE : PAIRS_SAME);
        assert_int_equal(pairs_look(one, n, &looks, 0.03, &finding), 0);
        assert_int_equal(finding, PAIRS_UNSURE);
        // Which is not just "no worse", once there are rounds enough to say so.
        assert_int_equal(pairs_look(better, n, &looks, 0.03, &finding), 0);
        assert_int_equal(finding, PAIRS_UNSURE);
    }
    for (size_t n = 1; n <= N; n++) {
        worse[n - 1] = 0.1 + 0.001 * (double)n;
        assert_int_equal(pairs_look(worse, n, &looks, 0.03, &finding), 0);
        assert_int_equal(finding, n < 12 ? PAIRS_UNSURE : PAIRS_WORSE);
    }
    // More rounds than were planned decide nothing.
    assert_int_equal(pairs_look(worse, N + 1, &looks, 0.03, &finding), 0);
    assert_int_equal(finding, PAIRS_UNSURE);
    pairs_looks_release(&looks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_difference), cmocka_unit_test(test_bound_k), cmocka_unit_test(test_needed),
        cmocka_unit_test(test_estimate),   cmocka_unit_test(test_judge),   cmocka_unit_test(test_too_few),
        cmocka_unit_test(test_ties),       cmocka_unit_test(test_looks),   cmocka_unit_test(test_errors_of_looks),
        cmocka_unit_test(test_look),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

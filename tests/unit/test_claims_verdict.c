// SPDX-License-Identifier: MIT
// Verdicts over figures of claims: each cause, each side, and that noise never turns one into its opposite.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure/base/rng.h"
#include "reports/findings/claims_verdict.h"

#define N ((size_t)CLAIMS_BATCHES * CLAIMS_ROUNDS)

static const struct claims_bounds low = {.at_most = true, .confirmed = 1.2, .refuted = 1.4};
static const struct claims_bounds high = {.at_most = false, .confirmed = 1.4, .refuted = 1.2};

static enum claims_verdict judge(const double values[N], const struct claims_bounds *bounds,
                                 enum claims_cause *ret_cause)
{
    static const size_t n[CLAIMS_BATCHES] = {CLAIMS_ROUNDS, CLAIMS_ROUNDS};
    struct claims_estimate estimate;

    assert_int_equal(claims_estimate(values, n, false, &estimate), 0);
    return claims_judge_estimate(&estimate, bounds, N, ret_cause);
}

static void assert_judged(const double values[N], const struct claims_bounds *bounds, enum claims_verdict verdict,
                          enum claims_cause cause)
{
    enum claims_cause found;

    assert_int_equal(judge(values, bounds, &found), verdict);
    assert_int_equal(found, cause);
}

static void test_sides(void **state)
{
    static const double one[N] = {1.0, 1.01, 0.99, 1.02, 1.0, 1.0, 1.0, 1.01, 0.99, 1.02, 1.0, 1.0};
    static const double two[N] = {1.9, 2.0, 1.95, 1.9, 2.0, 1.9, 1.9, 2.0, 1.95, 1.9, 2.0, 1.9};

    assert_judged(one, &low, CLAIMS_CONFIRMED, CLAIMS_CAUSE_NONE);
    assert_judged(one, &high, CLAIMS_REFUTED, CLAIMS_CAUSE_NONE);
    assert_judged(two, &low, CLAIMS_REFUTED, CLAIMS_CAUSE_NONE);
    assert_judged(two, &high, CLAIMS_CONFIRMED, CLAIMS_CAUSE_NONE);
}

// On the bound itself is on its side.
static void test_bounds_belong(void **state)
{
    double values[N];

    for (size_t i = 0; i < N; i++)
        values[i] = 1.2;
    assert_judged(values, &low, CLAIMS_CONFIRMED, CLAIMS_CAUSE_NONE);
    assert_judged(values, &high, CLAIMS_REFUTED, CLAIMS_CAUSE_NONE);
    for (size_t i = 0; i < N; i++)
        values[i] = 1.4;
    assert_judged(values, &low, CLAIMS_REFUTED, CLAIMS_CAUSE_NONE);
    assert_judged(values, &high, CLAIMS_CONFIRMED, CLAIMS_CAUSE_NONE);
}

static void test_causes(void **state)
{
    static const double between[N] = {1.3, 1.31, 1.29, 1.3, 1.3, 1.3, 1.3, 1.31, 1.29, 1.3, 1.3, 1.3};
    static const double wide[N] = {0.5, 3, 1, 2.5, 0.7, 1.1, 0.5, 3, 1, 2.5, 0.7, 1.1};
    static const double apart[N] = {1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2};

    assert_judged(between, &low, CLAIMS_NOT_SHOWN, CLAIMS_CAUSE_BETWEEN);
    assert_judged(wide, &low, CLAIMS_NOT_SHOWN, CLAIMS_CAUSE_NOISE);
    assert_judged(apart, &low, CLAIMS_NOT_SHOWN, CLAIMS_CAUSE_BATCHES);
}

static void test_two_of_twelve_may_be_far_off(void **state)
{
    static const double values[N] = {1, 1, 9, 1, 1, 1, 1, 1, 1, 9, 1, 1};
    static const double three[N] = {1, 1, 9, 1, 1, 1, 1, 1, 9, 9, 1, 1};

    assert_judged(values, &low, CLAIMS_CONFIRMED, CLAIMS_CAUSE_NONE);
    assert_judged(three, &low, CLAIMS_NOT_SHOWN, CLAIMS_CAUSE_NOISE);
}

static void test_few(void **state)
{
    static const double values[N] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    static const size_t lacking[CLAIMS_BATCHES] = {6, 5}, none[CLAIMS_BATCHES] = {0, 0}, half[CLAIMS_BATCHES] = {6, 0};
    const size_t *const all[] = {lacking, none, half};
    struct claims_estimate estimate;
    enum claims_cause cause;

    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(claims_estimate(values, all[i], false, &estimate), 0);
        assert_int_equal(claims_judge_estimate(&estimate, &low, N, &cause), CLAIMS_NOT_SHOWN);
        assert_int_equal(cause, CLAIMS_CAUSE_FEW);
    }
    assert_true(isnan(estimate.medians[1]));
}

// One value a batch: both must lie on the side.
static void test_once(void **state)
{
    static const double good[CLAIMS_BATCHES] = {1, 1.1}, apart[CLAIMS_BATCHES] = {1, 2};
    static const size_t n[CLAIMS_BATCHES] = {1, 1};
    struct claims_estimate estimate;
    enum claims_cause cause;

    assert_int_equal(claims_estimate(good, n, true, &estimate), 0);
    assert_false(estimate.interval);
    assert_true(estimate.low == 1 && estimate.high == 1.1);
    assert_int_equal(claims_judge_estimate(&estimate, &low, 2, &cause), CLAIMS_CONFIRMED);
    assert_int_equal(claims_estimate(apart, n, true, &estimate), 0);
    assert_int_equal(claims_judge_estimate(&estimate, &low, 2, &cause), CLAIMS_NOT_SHOWN);
    assert_int_equal(cause, CLAIMS_CAUSE_BATCHES);
}

// Whatever a neighbour adds to nine rounds of twelve: shown or not, but never the opposite.
static void test_noise_never_turns(void **state)
{
    struct rng rng = {.state = 14};
    unsigned confirmed = 0;

    for (int trial = 0; trial < 20000; trial++) {
        unsigned order[N], hit = rng_below(&rng, 10);
        enum claims_cause cause;
        enum claims_verdict verdict;
        double values[N];

        rng_order(&rng, order, N);
        for (unsigned i = 0; i < N; i++)
            values[order[i]] = 0.95 + 0.1 * rng_share(&rng) + (i < hit ? 10 * rng_share(&rng) : 0);
        verdict = judge(values, &low, &cause);
        assert_int_not_equal(verdict, CLAIMS_REFUTED);
        confirmed += verdict == CLAIMS_CONFIRMED;
    }
    assert_in_range(confirmed, 5000, 15000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sides),
        cmocka_unit_test(test_bounds_belong),
        cmocka_unit_test(test_causes),
        cmocka_unit_test(test_two_of_twelve_may_be_far_off),
        cmocka_unit_test(test_few),
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_noise_never_turns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

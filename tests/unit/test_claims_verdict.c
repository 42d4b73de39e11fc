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
#define N_MOST ((size_t)CLAIMS_BATCHES_MOST * CLAIMS_ROUNDS)

static const struct claims_bounds low = {.at_most = true, .confirmed = 1.2, .refuted = 1.4};
static const struct claims_bounds high = {.at_most = false, .confirmed = 1.4, .refuted = 1.2};

static const double alone[CLAIMS_BATCHES_MOST] = {0};

// Of `batches` batches of six rounds, during which others took as much as is said.
static enum claims_verdict judge_batches(const double *values, unsigned batches, const double *others,
                                         const struct claims_bounds *bounds, enum claims_cause *ret_cause)
{
    static const size_t n[CLAIMS_BATCHES_MOST] = {CLAIMS_ROUNDS, CLAIMS_ROUNDS, CLAIMS_ROUNDS, CLAIMS_ROUNDS};
    struct claims_estimate estimate;

    assert_int_equal(claims_estimate(values, n, others, batches, false, &estimate), 0);
    return claims_judge_estimate(&estimate, bounds, CLAIMS_ROUNDS, ret_cause);
}

static enum claims_verdict judge(const double values[N], const struct claims_bounds *bounds,
                                 enum claims_cause *ret_cause)
{
    return judge_batches(values, CLAIMS_BATCHES, alone, bounds, ret_cause);
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
        assert_int_equal(claims_estimate(values, all[i], alone, CLAIMS_BATCHES, false, &estimate), 0);
        assert_int_equal(claims_judge_estimate(&estimate, &low, CLAIMS_ROUNDS, &cause), CLAIMS_NOT_SHOWN);
        assert_int_equal(cause, CLAIMS_CAUSE_FEW);
    }
    assert_true(isnan(estimate.batches[1].median));
}

// One value a batch: both must lie on the side.
static void test_once(void **state)
{
    static const double good[CLAIMS_BATCHES] = {1, 1.1}, apart[CLAIMS_BATCHES] = {1, 2};
    static const size_t n[CLAIMS_BATCHES] = {1, 1};
    struct claims_estimate estimate;
    enum claims_cause cause;

    assert_int_equal(claims_estimate(good, n, alone, CLAIMS_BATCHES, true, &estimate), 0);
    assert_false(estimate.interval);
    assert_true(estimate.low == 1 && estimate.high == 1.1);
    assert_int_equal(claims_judge_estimate(&estimate, &low, 1, &cause), CLAIMS_CONFIRMED);
    assert_int_equal(claims_estimate(apart, n, alone, CLAIMS_BATCHES, true, &estimate), 0);
    assert_int_equal(claims_judge_estimate(&estimate, &low, 1, &cause), CLAIMS_NOT_SHOWN);
    assert_int_equal(cause, CLAIMS_CAUSE_BATCHES);
}

// Values of batches, each of which is six times the same but for its last one.
static void fill(double *values, unsigned batches, const double *firsts, const double *lasts)
{
    for (unsigned i = 0; i < batches * CLAIMS_ROUNDS; i++)
        values[i] = (i + 1) % CLAIMS_ROUNDS == 0 ? lasts[i / CLAIMS_ROUNDS] : firsts[i / CLAIMS_ROUNDS];
}

static void assert_batches(unsigned batches, const double *firsts, const double *lasts, const double *others,
                           enum claims_verdict verdict, enum claims_cause cause)
{
    double values[N_MOST];
    enum claims_cause found;

    fill(values, batches, firsts, lasts);
    assert_int_equal(judge_batches(values, batches, others, &low, &found), verdict);
    assert_int_equal(found, cause);
}

// Of more than two, two that are wholly on one side decide, and one that is wholly on the other takes it back.
static void test_more_batches(void **state)
{
    static const double noisy[] = {1, 3, 1, 3}, ones[] = {1, 1, 1, 1}, against[] = {1, 1, 2, 1};
    static const double mostly[] = {1, 1, 3, 1}, last_of_mostly[] = {1, 1, 1, 1}, twos[] = {2, 1, 2, 2};
    static const double straddling[] = {1, 1.3, 1.3, 1.3}, last_high[] = {3, 1, 3, 1};

    assert_batches(2, noisy, ones, alone, CLAIMS_NOT_SHOWN, CLAIMS_CAUSE_BATCHES);
    assert_batches(3, noisy, ones, alone, CLAIMS_CONFIRMED, CLAIMS_CAUSE_NONE);
    assert_batches(4, noisy, ones, alone, CLAIMS_NOT_SHOWN, CLAIMS_CAUSE_BATCHES); // two against two
    assert_batches(4, mostly, last_of_mostly, alone, CLAIMS_CONFIRMED, CLAIMS_CAUSE_NONE);
    assert_batches(3, against, against, alone, CLAIMS_NOT_SHOWN, CLAIMS_CAUSE_BATCHES);
    assert_batches(4, against, against, alone, CLAIMS_NOT_SHOWN, CLAIMS_CAUSE_BATCHES);
    assert_batches(4, twos, twos, alone, CLAIMS_NOT_SHOWN, CLAIMS_CAUSE_BATCHES);
    // One that decides is not enough, nor is one with a round on the other side.
    assert_batches(3, ones, last_high, alone, CLAIMS_CONFIRMED, CLAIMS_CAUSE_NONE); // by all eighteen
    assert_batches(4, straddling, last_high, alone, CLAIMS_NOT_SHOWN, CLAIMS_CAUSE_BATCHES);
}

// A batch that other programs disturbed neither decides nor stands in the way of those that nobody did.
static void test_disturbed_batches(void **state)
{
    static const double ones[] = {1, 1, 1, 1}, first[] = {0.3, 0, 0, 0}, two[] = {0.3, 0, 0.2, 0},
                        unknown[] = {NAN, NAN, NAN, NAN};

    assert_batches(2, ones, ones, first, CLAIMS_NOT_SHOWN, CLAIMS_CAUSE_OTHERS);
    assert_batches(3, ones, ones, first, CLAIMS_CONFIRMED, CLAIMS_CAUSE_NONE);
    assert_batches(3, ones, ones, two, CLAIMS_NOT_SHOWN, CLAIMS_CAUSE_OTHERS);
    assert_batches(4, ones, ones, two, CLAIMS_CONFIRMED, CLAIMS_CAUSE_NONE);
    assert_batches(2, ones, ones, unknown, CLAIMS_CONFIRMED, CLAIMS_CAUSE_NONE);
}

static void test_which_may_pass(void **state)
{
    assert_true(claims_cause_may_pass(CLAIMS_CAUSE_NOISE) && claims_cause_may_pass(CLAIMS_CAUSE_BATCHES) &&
                claims_cause_may_pass(CLAIMS_CAUSE_OTHERS));
    assert_false(claims_cause_may_pass(CLAIMS_CAUSE_NONE) || claims_cause_may_pass(CLAIMS_CAUSE_FEW) ||
                 claims_cause_may_pass(CLAIMS_CAUSE_BETWEEN));
}

// As it is done: batches are added while noise hides the answer. Of `spread` around a true value of 1; each round is hit, and then
// much too high, with that chance.
static enum claims_verdict measure(struct rng *rng, double hit, double spread)
{
    double values[N_MOST];
    enum claims_verdict verdict = CLAIMS_NOT_SHOWN;
    enum claims_cause cause;

    for (size_t i = 0; i < N_MOST; i++)
        values[i] = 1 + spread * (2 * rng_share(rng) - 1) + (rng_share(rng) < hit ? 10 * rng_share(rng) : 0);
    for (unsigned batches = CLAIMS_BATCHES; batches <= CLAIMS_BATCHES_MOST; batches++) {
        verdict = judge_batches(values, batches, alone, &low, &cause);
        if (verdict != CLAIMS_NOT_SHOWN || !claims_cause_may_pass(cause))
            break;
    }
    return verdict;
}

// What is true is shown in most cases though three rounds of twenty are hit, and what is not in less than one of a thousand with
// three of ten. Where half of the rounds lie on either side, each side is shown in two of a hundred, as often as by two batches.
static void test_more_batches_by_chance(void **state)
{
    struct rng rng = {.state = 15};
    unsigned verdicts[3][CLAIMS_VERDICTS] = {{0}};

    for (int trial = 0; trial < 20000; trial++) {
        verdicts[0][measure(&rng, 0.15, 0.05)]++;
        verdicts[1][measure(&rng, 0.3, 0.05)]++;
        verdicts[2][measure(&rng, 0.5, 0.05)]++;
    }
    assert_in_range(verdicts[0][CLAIMS_CONFIRMED], 15000, 20000);
    assert_int_equal(verdicts[0][CLAIMS_REFUTED], 0);
    assert_in_range(verdicts[1][CLAIMS_REFUTED], 0, 20);
    assert_in_range(verdicts[2][CLAIMS_REFUTED], 1, 800);
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
        cmocka_unit_test(test_more_batches),
        cmocka_unit_test(test_disturbed_batches),
        cmocka_unit_test(test_which_may_pass),
        cmocka_unit_test(test_more_batches_by_chance),
        cmocka_unit_test(test_noise_never_turns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// The search for a capacity, against models whose capacity is known: with and without noise, and with verdicts that contradict
// each other.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "cmd/rounds/capacity_probe.h"
#include "cmd/rounds/capacity_search.h"
#include "measure/base/rng.h"

#define MANY 200

struct outcome {
    double low, high;
    unsigned probes;
    bool found;
};

// What probes of a model that carries `capacity` show: nothing within the share `dull` around it; and a wrong one once in `wrong`
// (0: never).
static enum capacity_verdict shows(double per_s, double capacity, double dull, struct rng *rng, unsigned wrong)
{
    enum capacity_verdict verdict = per_s <= capacity ? CAPACITY_HELD : CAPACITY_BROKEN;

    if (fabs(per_s / capacity - 1) <= dull)
        return CAPACITY_UNSHOWN;
    if (wrong > 0 && rng_below(rng, wrong) == 0)
        return verdict == CAPACITY_HELD ? CAPACITY_BROKEN : CAPACITY_HELD;
    return verdict;
}

static struct capacity_search begun(double start)
{
    return (struct capacity_search){.start_per_s = start, .least = start / 1024, .most = start * 64};
}

static struct outcome outcome_of(const struct capacity_search *search)
{
    struct outcome outcome = {.probes = search->probes, .found = capacity_is_found(search)};

    capacity_bounds(search, &outcome.low, &outcome.high);
    return outcome;
}

static struct outcome searched(double start, double capacity, double dull, struct rng *rng, unsigned wrong)
{
    struct capacity_search search = begun(start);
    double per_s;

    while ((per_s = capacity_next(&search)) > 0)
        capacity_add(&search, per_s, shows(per_s, capacity, dull, rng, wrong));
    assert_true(search.probes <= CAPACITY_PROBES);
    return outcome_of(&search);
}

static void test_finds_what_is_there(void **state)
{
    for (double capacity = 1.3; capacity < 60000; capacity *= 1.37) {
        struct outcome outcome = searched(1000, capacity, 0, NULL, 0);

        assert_true(outcome.found);
        assert_true(outcome.low <= capacity && capacity < outcome.high);
        assert_true(outcome.high / outcome.low <= CAPACITY_WIDTH);
        assert_true(outcome.probes <= 20);
    }
}

static void test_most_searches_are_short(void **state)
{
    assert_true(searched(1000, 900, 0, NULL, 0).probes <= 8);
    assert_true(searched(1000, 450, 0, NULL, 0).probes <= 9);
}

// Between rates that show nothing the interval stays as wide as these are apart, and has the capacity in it.
static void test_what_is_not_shown_widens(void **state)
{
    for (double dull = 0.02; dull < 0.4; dull += 0.03) {
        struct outcome outcome = searched(1000, 700, dull, NULL, 0);

        assert_true(outcome.low > 0 && outcome.low < 700 && outcome.high > 700);
        assert_true(outcome.low >= 700 * (1 - dull) / CAPACITY_WIDTH);
        assert_true(outcome.high <= 700 * (1 + dull) * CAPACITY_WIDTH);
    }
}

// One wrong verdict in thirty: an end that is wrong is found out by its second probe.
static void test_wrong_verdicts_are_found_out(void **state)
{
    struct rng rng = {.state = 7};
    unsigned right = 0;

    for (unsigned i = 0; i < MANY; i++) {
        struct outcome outcome = searched(1000, 620, 0, &rng, 30);

        right += outcome.low <= 620 && (outcome.high > 620 || outcome.high == 0);
    }
    assert_true(right >= MANY * 95 / 100);
}

static void test_nothing_holds(void **state)
{
    struct outcome outcome = searched(1000, 0.1, 0, NULL, 0);

    assert_true(outcome.low == 0 && outcome.high > 0 && outcome.high < 1);
    assert_false(outcome.found);
    assert_true(outcome.probes <= 14);
}

static void test_nothing_breaks(void **state)
{
    struct outcome outcome = searched(1000, 1e9, 0, NULL, 0);

    assert_true(outcome.low == 64000 && outcome.high == 0);
    assert_false(outcome.found);
}

static void test_nothing_is_shown(void **state)
{
    struct outcome outcome = searched(1000, 1000, 1e9, NULL, 0);

    assert_true(outcome.low == 0 && outcome.high == 0 && !outcome.found);
}

// A rate that held below one that broke, whatever lower ones say now: no end is wrong.
static void test_contradictions_are_inside(void **state)
{
    struct capacity_search search = begun(1000);
    double low, high;

    capacity_add(&search, 400, CAPACITY_HELD);
    capacity_add(&search, 500, CAPACITY_BROKEN);
    capacity_add(&search, 600, CAPACITY_HELD);
    capacity_add(&search, 800, CAPACITY_BROKEN);
    capacity_bounds(&search, &low, &high);
    assert_true(low == 400 && high == 800);
    assert_true(capacity_next(&search) == 500);
    capacity_add(&search, 500, CAPACITY_HELD);
    assert_true(capacity_next(&search) == 500); // one each: it is probed once more
    capacity_add(&search, 500, CAPACITY_HELD);
    capacity_bounds(&search, &low, &high);
    assert_true(low == 600 && high == 800);
}

static void take(struct capacity_probe *probe, const struct capacity_rule *rule, double p99_ns, bool carried)
{
    cJSON *sample = cJSON_CreateObject(), *latency = cJSON_AddObjectToObject(sample, "latency_ns");

    cJSON_AddStringToObject(sample, "status", "ok");
    cJSON_AddNumberToObject(sample, "wall_ns", 1e9);
    cJSON_AddNumberToObject(latency, "p99", p99_ns);
    capacity_probe_take(probe, rule, sample, carried);
    cJSON_Delete(sample);
}

// The verdict after trials of those p99 (0 ends them), in ms; how many it took.
static enum capacity_verdict judged(const double *p99_ms, bool carried, unsigned *ret_trials)
{
    struct capacity_rule rule = {.count = 1};
    struct capacity_probe probe = {.per_s = 100, .tasks = 400};
    enum capacity_verdict verdict;
    char expected[REQUIREMENT_EXPECTED];

    assert_int_equal(requirement_parse("p99<=50ms", 9, &rule.requirements[0], expected), 0);
    while (!capacity_probe_is_over(&probe, &verdict) && *p99_ms > 0)
        take(&probe, &rule, *p99_ms++ * 1e6, carried);
    *ret_trials = probe.trials;
    return verdict;
}

static void test_trials_as_far_as_it_takes(void **state)
{
    static const struct {
        double p99_ms[CAPACITY_TRIALS + 1];
        enum capacity_verdict verdict;
        unsigned trials;
    } cases[] = {
        {{501}, CAPACITY_BROKEN, 1},
        {{160, 151}, CAPACITY_BROKEN, 2},
        {{160, 80, 90}, CAPACITY_BROKEN, 3},
        {{20, 30, 33}, CAPACITY_HELD, 3},
        {{40, 41, 49, 42, 50, 45}, CAPACITY_HELD, 6},
        {{51, 52, 60, 55, 54, 53}, CAPACITY_BROKEN, 6},
        {{40, 40, 60, 40, 40, 40, 40, 40, 40, 40}, CAPACITY_HELD, 9},
        {{40, 60, 40, 60, 40, 60, 40, 60, 40, 60}, CAPACITY_UNSHOWN, 10},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned trials;

        assert_int_equal(judged(cases[i].p99_ms, true, &trials), cases[i].verdict);
        assert_int_equal(trials, cases[i].trials);
    }
}

// However low its latency: what falls behind does not carry.
static void test_falling_behind_breaks(void **state)
{
    static const double low[] = {1, 1, 1, 1, 1, 1, 0};
    unsigned trials;

    assert_int_equal(judged(low, false, &trials), CAPACITY_BROKEN);
    assert_int_equal(trials, 3);
    assert_int_equal(judged(low, true, &trials), CAPACITY_HELD);
    assert_int_equal(trials, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_what_is_there),
        cmocka_unit_test(test_most_searches_are_short),
        cmocka_unit_test(test_what_is_not_shown_widens),
        cmocka_unit_test(test_wrong_verdicts_are_found_out),
        cmocka_unit_test(test_nothing_holds),
        cmocka_unit_test(test_nothing_breaks),
        cmocka_unit_test(test_nothing_is_shown),
        cmocka_unit_test(test_contradictions_are_inside),
        cmocka_unit_test(test_trials_as_far_as_it_takes),
        cmocka_unit_test(test_falling_behind_breaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

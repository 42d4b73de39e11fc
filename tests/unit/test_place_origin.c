// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/plan/place_origin.h"

static void test_by_cores(void **state)
{
    static const struct {
        double cores;
        unsigned workers;
    } cases[] = {{0.5, 1}, {1, 1},  {2, 1},  {4, 1},  {7, 1},   {7.9, 1},
                 {8, 2},   {12, 3}, {31, 7}, {32, 8}, {256, 8}, {16384, 8}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(place_origin_workers(cases[i].cores), cases[i].workers);
}

// What was asked for and allowed to where it runs.
static void check(unsigned asked, const char *given, const char *allowed, const char *expected, unsigned workers)
{
    struct options options = {.origin_workers = asked};
    struct cpus of, cpus;
    unsigned found;
    char text[64];

    if (given != NULL)
        assert_int_equal(cpus_parse(given, &options.origin_cpus), 0);
    assert_int_equal(cpus_parse(allowed, &of), 0);
    place_origin(&options, &of, &cpus, &found);
    assert_string_equal(cpus_write(&cpus, text, sizeof text), expected);
    assert_int_equal(found, workers);
}

static void test_last_cpus(void **state)
{
    check(1, NULL, "0-15", "15", 1);
    check(4, NULL, "0-15", "12-15", 4);
    check(4, NULL, "0-3,8,2000", "2-3,8,2000", 4);
    check(4, NULL, "0-1", "0-1", 4);
    check(0, NULL, "0-2", "2", 1);
}

static void test_given_cpus(void **state)
{
    check(4, "3", "0-15", "3", 4);
    check(1, "3,5", "0-15", "3,5", 1);
    check(0, "3", "0-63", "3", 1); // no more than there is room for
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_cores),
        cmocka_unit_test(test_last_cpus),
        cmocka_unit_test(test_given_cpus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

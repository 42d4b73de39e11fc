// SPDX-License-Identifier: MIT
// How many pairs a round of a gate's cell has.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "cmd/rounds/gate_rounds.h"
#include "measure/base/clock.h"
#include "reports/document/fields.h"

static void expect(unsigned asked, uint64_t base_ns, uint64_t new_ns, double estimate_ns, unsigned expected)
{
    struct options options = {.repeat = asked};
    struct gate gate = {.options = &options};
    struct cell planned = {.estimate_ns = (uint64_t)estimate_ns};
    struct gate_cell cell = {.cell = &planned, .json = cJSON_CreateObject(), .took_ns = {base_ns, new_ns}};

    cJSON_AddNumberToObject(cell.json, "pairs_per_round", 0);
    gate_settle_repeat(&gate, &cell);
    assert_int_equal(cell.repeat, expected);
    assert_int_equal(field_number(cell.json, "pairs_per_round"), expected);
    cJSON_Delete(cell.json);
}

static void test_as_asked(void **state)
{
    (void)state;
    expect(3, NS_PER_MS, NS_PER_MS, 0, 3);
    expect(1000, 50 * NS_PER_MS, 50 * NS_PER_MS, 0, 1000);
}

static void test_as_many_as_fit(void **state)
{
    (void)state;
    expect(0, NS_PER_MS, NS_PER_MS, 0, 12);
    expect(0, 20 * NS_PER_MS, 20 * NS_PER_MS, 0, 7);
    expect(0, 10 * NS_PER_MS, 50 * NS_PER_MS, 0, 5);
    expect(0, 100 * NS_PER_MS, 100 * NS_PER_MS, 0, 1);
    expect(0, NS_PER_S, NS_PER_S, 0, 1);
}

static void test_by_the_plan_before_anything_was_measured(void **state)
{
    (void)state;
    expect(0, 0, 0, 0, 1);
    expect(0, 0, 0, 25e6, 6);
    expect(0, 40 * NS_PER_MS, 0, 10e6, 6); // only one side was
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_asked),
        cmocka_unit_test(test_as_many_as_fit),
        cmocka_unit_test(test_by_the_plan_before_anything_was_measured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

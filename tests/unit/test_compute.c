// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workloads/program/compute.h"

static unsigned checkpoints;

static void count_checkpoint(void)
{
    checkpoints++;
}

static int install_hook(void **state)
{
    (void)state;
    checkpoints = 0;
    compute_checkpoint_hook = count_checkpoint;
    atomic_store(&compute_checkpoint_wanted, true);
    return 0;
}

static int remove_hook(void **state)
{
    (void)state;
    atomic_store(&compute_checkpoint_wanted, false);
    compute_checkpoint_hook = NULL;
    return 0;
}

static void test_first_values(void **state)
{
    static const uint32_t values[] = {0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144};

    (void)state;
    for (unsigned n = 0; n < sizeof values / sizeof values[0]; n++) {
        assert_int_equal(compute(n), values[n]);
        assert_int_equal(compute_expected(n), values[n]);
    }
}

// Also across the bound between the checked and the unchecked part of the recursion.
static void test_value_is_the_expected_one(void **state)
{
    (void)state;
    for (unsigned n = 13; n <= 27; n++)
        assert_int_equal(compute(n), compute_expected(n));
    assert_int_equal(compute_expected(27), 196418);
}

static void test_expected_wraps_at_32_bits(void **state)
{
    (void)state;
    assert_true(compute_expected(47) == UINT32_C(2971215073));
    assert_true(compute_expected(48) == (uint32_t)UINT64_C(4807526976));
    assert_true(compute_expected(COMPUTE_MAX) == (uint32_t)UINT64_C(1548008755920));
}

static void test_calls_follow_the_recursion(void **state)
{
    (void)state;
    assert_true(compute_calls(0) == 1);
    assert_true(compute_calls(1) == 1);
    for (unsigned n = 2; n <= COMPUTE_MAX; n++)
        assert_true(compute_calls(n) == 1 + compute_calls(n - 1) + compute_calls(n - 2));
}

// About 20 us at 0.6 ns a call: counted in calls, so that it holds on any machine.
static void test_checkpoints_are_evenly_spaced(void **state)
{
    (void)state;
    for (unsigned n = 23; n <= 28; n++) {
        double spacing;

        checkpoints = 0;
        compute(n);
        assert_true(checkpoints > 0);
        spacing = compute_calls(n) / checkpoints;
        assert_true(spacing > 15000);
        assert_true(spacing < 40000);
    }
}

static void test_even_a_short_computation_has_a_checkpoint(void **state)
{
    (void)state;
    compute(1);
    assert_int_equal(checkpoints, 1);
}

static void test_no_checkpoint_unless_wanted(void **state)
{
    (void)state;
    atomic_store(&compute_checkpoint_wanted, false);
    compute(25);
    assert_int_equal(checkpoints, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_values),
        cmocka_unit_test(test_value_is_the_expected_one),
        cmocka_unit_test(test_expected_wraps_at_32_bits),
        cmocka_unit_test(test_calls_follow_the_recursion),
        cmocka_unit_test_setup_teardown(test_checkpoints_are_evenly_spaced, install_hook, remove_hook),
        cmocka_unit_test_setup_teardown(test_even_a_short_computation_has_a_checkpoint, install_hook, remove_hook),
        cmocka_unit_test_setup_teardown(test_no_checkpoint_unless_wanted, install_hook, remove_hook),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

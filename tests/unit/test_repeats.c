// SPDX-License-Identifier: MIT
// How many trials of a cell a round has, in which order, and what becomes of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "cmd/rounds/repeats.h"
#include "measure/base/clock.h"
#include "reports/document/fields.h"

#define MS NS_PER_MS

// A block of three cells, of which a trial takes so long.
struct made {
    struct options options;
    struct plan plan;
    struct block block;
    struct cell cells[3];
};

static void make(struct made *made, uint64_t a_ms, uint64_t b_ms, uint64_t c_ms)
{
    const uint64_t ms[] = {a_ms, b_ms, c_ms};

    *made = (struct made){.plan = {.blocks = &made->block, .block_count = 1}};
    made->plan.options = &made->options;
    made->block.cells = made->cells;
    made->block.cell_count = 3;
    for (int i = 0; i < 3; i++) {
        made->cells[i].estimate_ns = ms[i] * MS;
        made->cells[i].json = cJSON_CreateObject();
        cJSON_AddArrayToObject(made->cells[i].json, "samples");
    }
}

static void release(struct made *made)
{
    for (int i = 0; i < 3; i++)
        cJSON_Delete(made->cells[i].json);
}

static void expect(struct made *made, uint64_t left_ns, bool warm, unsigned a, unsigned b, unsigned c)
{
    const unsigned expected[] = {a, b, c};

    repeats_settle(&made->plan, &made->block, left_ns, warm);
    for (int i = 0; i < 3; i++) {
        double said = field_number(made->cells[i].json, "trials_per_round");

        assert_int_equal(cell_repeat(&made->cells[i]), expected[i]);
        if (expected[i] > 1)
            assert_int_equal(said, expected[i]);
        else
            assert_false(cJSON_HasObjectItem(made->cells[i].json, "trials_per_round"));
    }
    release(made);
}

static void test_fitting(void **state)
{
    (void)state;
    assert_int_equal(repeats_fitting(5, MS, MS), 5);
    assert_int_equal(repeats_fitting(0, MS, 300 * MS), 12);
    assert_int_equal(repeats_fitting(0, 40 * MS, 300 * MS), 7);
    assert_int_equal(repeats_fitting(0, 400 * MS, 300 * MS), 1);
    assert_int_equal(repeats_fitting(0, 0, 300 * MS), 1);
}

static void test_an_odd_number_of_short_ones(void **state)
{
    struct made made;

    (void)state;
    make(&made, 10, 70, 200);
    expect(&made, 0, true, 11, 3, 1);
}

// 9 rounds of 11 x 10 + 3 x 70 + 200 = 520 ms fit into 4.7 s; of 11 x 10 + 70 + 200 = 380 ms into 3.5 s; of 320 ms into 2.9 s.
static void test_as_many_as_leave_time_for_the_rounds(void **state)
{
    struct made made;

    (void)state;
    make(&made, 10, 70, 200);
    expect(&made, 4700 * MS, true, 11, 3, 1);
    make(&made, 10, 70, 200);
    expect(&made, 3500 * MS, true, 11, 1, 1);
    make(&made, 10, 70, 200);
    expect(&made, 2900 * MS, true, 5, 1, 1);
    make(&made, 10, 70, 200);
    expect(&made, 1000 * MS, true, 1, 1, 1);
    make(&made, 10, 70, 200);
    expect(&made, 1, true, 1, 1, 1);
}

static void test_one_where_it_is_not_known_or_was_said(void **state)
{
    struct made made;

    (void)state;
    make(&made, 10, 70, 200);
    expect(&made, 0, false, 1, 1, 1);
    make(&made, 10, 70, 200);
    made.options.rounds = 8;
    expect(&made, 0, true, 1, 1, 1);
    make(&made, 10, 70, 200);
    made.block.arrivals.rate_per_s = 100;
    expect(&made, 0, true, 1, 1, 1);
    make(&made, 10, 70, 200);
    made.options.rounds = 8;
    made.options.repeat = 4;
    expect(&made, MS, false, 4, 4, 4);
}

static void test_order(void **state)
{
    struct made made;
    struct rng rng = {.state = 1};
    unsigned count, of[3] = {0}, *order;

    (void)state;
    make(&made, 10, 70, 200);
    made.cells[0].repeat = 3;
    made.cells[1].repeat = 1;
    order = repeats_order(&made.block, false, &rng, &count);
    assert_int_equal(count, 5);
    for (unsigned i = 0; i < count; i++)
        of[order[i]]++;
    assert_int_equal(of[0], 3);
    assert_int_equal(of[1], 1);
    assert_int_equal(of[2], 1);
    free(order);
    free(repeats_order(&made.block, true, &rng, &count));
    assert_int_equal(count, 3);
    release(&made);
}

static cJSON *trial(int position, double wall_ns, const char *status)
{
    cJSON *sample = cJSON_CreateObject();

    cJSON_AddNumberToObject(sample, "round", 1);
    cJSON_AddNumberToObject(sample, "position", position);
    cJSON_AddStringToObject(sample, "status", status);
    cJSON_AddNumberToObject(sample, "wall_ns", wall_ns);
    cJSON_AddNumberToObject(sample, "cpu_ns", 2 * wall_ns);
    return sample;
}

// The position of the trial that a round of these stands for; how many it tells of.
static int round_of(const double *walls, size_t n, int bad, int *ret_told)
{
    struct cell cell = {.json = cJSON_CreateObject()};
    const cJSON *sample;
    int position;

    cJSON_AddArrayToObject(cell.json, "samples");
    for (size_t i = 0; i < n; i++)
        repeats_add(&cell, trial((int)i, walls[i], (int)i == bad ? "failed" : "ok"));
    assert_int_equal(repeats_rounds(&cell), n > 0);
    repeats_end_round(&cell);
    assert_null(cell.trials);
    assert_int_equal(sample_count(cell.json), n > 0);
    sample = cJSON_GetArrayItem(field(cell.json, "samples"), 0);
    position = n > 0 ? (int)field_number(sample, "position") : -1;
    *ret_told = cJSON_GetArraySize(field(sample, "trials"));
    for (int i = 0; i < *ret_told; i++) {
        const cJSON *told = cJSON_GetArrayItem(field(sample, "trials"), i);

        assert_int_equal(field_number(told, "position"), i);
        assert_true(field_number(told, "wall_ns") == walls[i] && field_number(told, "cpu_ns") == 2 * walls[i]);
        assert_false(cJSON_HasObjectItem(told, "round"));
    }
    cJSON_Delete(cell.json);
    return position;
}

static void test_the_median_stands_for_the_round(void **state)
{
    int told;

    (void)state;
    assert_int_equal(round_of((const double[]){0}, 0, -1, &told), -1);
    assert_int_equal(round_of((const double[]){7}, 1, -1, &told), 0);
    assert_int_equal(told, 0);
    assert_int_equal(round_of((const double[]){30, 10, 20}, 3, -1, &told), 2);
    assert_int_equal(told, 3);
    assert_int_equal(round_of((const double[]){5, 5, 5, 1, 9}, 5, -1, &told), 1);
    assert_int_equal(told, 5);
}

// Either of the middle two is as likely to be above as below the median.
static void test_of_an_even_number_the_earlier_of_the_middle_two(void **state)
{
    int told;

    (void)state;
    assert_int_equal(round_of((const double[]){30, 10, 20, 40}, 4, -1, &told), 0);
    assert_int_equal(round_of((const double[]){20, 10, 30, 40}, 4, -1, &told), 0);
    assert_int_equal(round_of((const double[]){10, 40, 20, 30}, 4, -1, &told), 2);
    assert_int_equal(round_of((const double[]){10, 40}, 2, -1, &told), 0);
}

static void test_one_that_failed_is_not_averaged_away(void **state)
{
    int told;

    (void)state;
    assert_int_equal(round_of((const double[]){10, 20, 30}, 3, 2, &told), 2);
    assert_int_equal(round_of((const double[]){10, 20, 30}, 3, 0, &told), 0);
    assert_int_equal(told, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fitting),
        cmocka_unit_test(test_an_odd_number_of_short_ones),
        cmocka_unit_test(test_as_many_as_leave_time_for_the_rounds),
        cmocka_unit_test(test_one_where_it_is_not_known_or_was_said),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_the_median_stands_for_the_round),
        cmocka_unit_test(test_of_an_even_number_the_earlier_of_the_middle_two),
        cmocka_unit_test(test_one_that_failed_is_not_averaged_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

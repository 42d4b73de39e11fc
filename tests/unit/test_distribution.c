// SPDX-License-Identifier: MIT
// How times are spread over many tasks, which are counted, is what sorting all of them says.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "measure/base/rng.h"
#include "measure/base/stats.h"
#include "measure/distribution.h"
#include "measure/in_flight.h"

#define TASKS 20000

static struct slot slots[TASKS];
static uint64_t latencies[TASKS];

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

// Tasks that take from nothing to `bits` bits of ns; one in `lost` never ends. How many ended.
static size_t draw(unsigned bits, unsigned lost, uint64_t seed)
{
    struct rng rng = {.state = seed};
    size_t ended = 0;

    for (size_t i = 0; i < TASKS; i++) {
        uint64_t ns = rng_next(&rng) >> (64 - bits) >> rng_next(&rng) % bits;

        slots[i] = (struct slot){.arrival_ns = 1000 + i, .begin_ns = 1000 + i, .end_ns = 1000 + i + ns};
        if (rng_next(&rng) % lost == 0)
            slots[i].end_ns = 0;
        else
            latencies[ended++] = ns;
    }
    qsort(latencies, ended, sizeof *latencies, by_value);
    return ended;
}

static void check_figure(const cJSON *spread, const char *name, uint64_t expected)
{
    const cJSON *figure = cJSON_GetObjectItemCaseSensitive(spread, name);

    if (!cJSON_IsNumber(figure) || figure->valuedouble != (double)expected)
        fail_msg("%s is %.0f, expected %.0f", name, cJSON_IsNumber(figure) ? figure->valuedouble : -1,
                 (double)expected);
}

static void check_spread(size_t ended)
{
    cJSON *object = cJSON_CreateObject();
    const cJSON *spread;

    assert_int_equal(distributions_add(object, &(struct spread_slots){.slots = slots, .n = TASKS}, NULL), 0);
    spread = cJSON_GetObjectItemCaseSensitive(object, "latency_ns");
    check_figure(spread, "p50", stats_percentile_u64(latencies, ended, 0.5));
    check_figure(spread, "p90", stats_percentile_u64(latencies, ended, 0.9));
    check_figure(spread, "p99", stats_percentile_u64(latencies, ended, 0.99));
    check_figure(spread, "p999", stats_percentile_u64(latencies, ended, 0.999));
    check_figure(spread, "max", latencies[ended - 1]);
    check_figure(cJSON_GetObjectItemCaseSensitive(object, "queued_ns"), "max", 0);
    check_figure(cJSON_GetObjectItemCaseSensitive(object, "service_ns"), "p99",
                 stats_percentile_u64(latencies, ended, 0.99));
    cJSON_Delete(object);
}

static void test_counted(void **state)
{
    check_spread(draw(6, 1000000, 1)); // each value a bucket of its own
    check_spread(draw(20, 7, 2));
    check_spread(draw(40, 3, 3));
}

static void test_none_ended(void **state)
{
    cJSON *object = cJSON_CreateObject();

    draw(20, 1, 4);
    assert_int_equal(distributions_add(object, &(struct spread_slots){.slots = slots, .n = TASKS}, NULL), 0);
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(object, "latency_ns")));
    cJSON_Delete(object);
}

static void test_sorted(void **state)
{
    static uint64_t values[TASKS], expected[TASKS];

    for (unsigned bits = 1; bits <= 64; bits += 9) {
        struct rng rng = {.state = bits};

        for (size_t i = 0; i < TASKS; i++)
            values[i] = expected[i] = (UINT64_MAX << (bits - 1)) + (rng_next(&rng) >> (64 - bits) >> (bits == 64));
        stats_sort_u64(values, TASKS);
        qsort(expected, TASKS, sizeof *expected, by_value);
        assert_memory_equal(values, expected, sizeof values);
    }
}

// One lane's tasks are told without sorting them; one that is out of order, or did not end, is not overlooked.
static void test_in_flight(void **state)
{
    for (size_t i = 0; i < TASKS; i++)
        slots[i] = (struct slot){.begin_ns = 10 * i + 10, .end_ns = 10 * i + 20};
    assert_int_equal(in_flight_peak(slots, NULL, TASKS), 1);
    slots[7].end_ns += 1;
    assert_int_equal(in_flight_peak(slots, NULL, TASKS), 2);
    slots[7].end_ns = 0;
    assert_int_equal(in_flight_peak(slots, NULL, TASKS), 2);
    slots[7].begin_ns = 0;
    assert_int_equal(in_flight_peak(slots, NULL, TASKS), 1);
    assert_int_equal(in_flight_peak(slots, NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counted),
        cmocka_unit_test(test_none_ended),
        cmocka_unit_test(test_sorted),
        cmocka_unit_test(test_in_flight),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

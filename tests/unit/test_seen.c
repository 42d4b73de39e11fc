// SPDX-License-Identifier: MIT
// What one look at all slots shows is what looking at each of them for each figure says: of honest trials, of doctored ones, and
// of slots that hold anything.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "measure/base/rng.h"
#include "measure/base/stats.h"
#include "measure/in_flight.h"
#include "measure/seen.h"

#define TASKS 6000
#define CLASSES 2
#define TRIALS 200
#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct slot slots[TASKS];
static struct seen seen;
static uint64_t values[TASKS];
static struct expectation expected[CLASSES] = {{.name = "a", .check = 11, .least_wait_ns = 2},
                                               {.name = "b", .check = 22}};
static struct oracle oracle = {.tasks = TASKS, .lanes = 2, .classes = CLASSES, .expected = expected};

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

// Tasks that `lanes` lanes claim `chunk` at a time; spans of up to 2^bits ns.
static void draw(struct rng *rng, uint32_t lanes, uint32_t chunk, unsigned bits, uint64_t start_ns)
{
    uint64_t now[16];
    uint32_t lane = 0;

    for (uint32_t i = 0; i < lanes; i++)
        now[i] = start_ns + 100000 + i;
    for (uint32_t i = 0; i < TASKS; i++) {
        if (i % chunk == 0) {
            lane = 0;
            for (uint32_t other = 1; other < lanes; other++) // whoever is free first
                lane = now[other] < now[lane] ? other : lane;
        }
        slots[i] = (struct slot){.arrival_ns = now[lane] - start_ns, .class_index = i % CLASSES};
        slots[i].begin_ns = now[lane] + (rng_next(rng) >> (64 - bits));
        slots[i].end_ns = slots[i].begin_ns + 2 + (rng_next(rng) >> (64 - bits));
        slots[i].check = expected[i % CLASSES].check;
        now[lane] = slots[i].end_ns + rng_below(rng, 3);
    }
}

// Something else in some field of some slots.
static void doctor(struct rng *rng, uint32_t count)
{
    static const uint64_t odd[] = {0,      1,          SPREAD_EXACT - 1, SPREAD_EXACT,     5000,
                                   100000, UINT64_MAX, UINT64_MAX - 100, UINT64_C(1) << 60};

    while (count-- > 0) {
        struct slot *slot = &slots[rng_below(rng, TASKS)];
        uint64_t stamp = odd[rng_below(rng, COUNT(odd))] + rng_below(rng, 3);
        uint64_t near = slot->begin_ns + rng_below(rng, 5) - 2;

        switch (rng_below(rng, 9)) {
        case 0:
            slot->arrival_ns = stamp;
            break;
        case 1:
            slot->begin_ns = stamp;
            break;
        case 2:
            slot->end_ns = stamp;
            break;
        case 3:
            slot->arrival_ns = near;
            break;
        case 4:
            slot->end_ns = near;
            break;
        case 5:
            slot->begin_ns = near;
            break;
        case 6:
            slot->status = 1;
            break;
        case 7:
            slot->class_index = (uint16_t)rng_below(rng, 4);
            break;
        default:
            slot->check ^= 1u << rng_below(rng, 32);
        }
    }
}

static size_t sorted_spans(enum span span, uint64_t start_ns)
{
    size_t ended = 0;

    for (size_t i = 0; i < TASKS; i++) {
        if (slots[i].end_ns != 0)
            values[ended++] = span_of(&slots[i], span, start_ns);
    }
    qsort(values, ended, sizeof *values, by_value);
    return ended;
}

static void check_number(const cJSON *spread, const char *name, double wanted)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(spread, name);

    if (!cJSON_IsNumber(number) || number->valuedouble != wanted)
        fail_msg("%s is %.0f, expected %.0f", name, cJSON_IsNumber(number) ? number->valuedouble : -1, wanted);
}

static void check_spreads(uint64_t start_ns)
{
    static const char *const names[SPANS] = {"latency_ns", "queued_ns", "service_ns"};
    struct spread_slots all = {.slots = slots, .n = TASKS, .start_ns = start_ns};
    cJSON *object = cJSON_CreateObject();

    assert_int_equal(distributions_add(object, &all, seen_spreads(&seen)), 0);
    for (enum span span = 0; span < SPANS; span++) {
        const cJSON *spread = cJSON_GetObjectItemCaseSensitive(object, names[span]);
        size_t ended = sorted_spans(span, start_ns);
        double sum = 0;

        for (size_t i = 0; i < ended; i++)
            sum += (double)values[i];
        check_number(spread, "p50", (double)stats_percentile_u64(values, ended, 0.5));
        check_number(spread, "p90", (double)stats_percentile_u64(values, ended, 0.9));
        check_number(spread, "p99", (double)stats_percentile_u64(values, ended, 0.99));
        check_number(spread, "p999", (double)stats_percentile_u64(values, ended, 0.999));
        check_number(spread, "max", (double)values[ended - 1]);
        // Above 2^53 a sum depends on the order in its last digits.
        if (sum < 0x1p53)
            check_number(spread, "mean", sum / (double)ended);
    }
    cJSON_Delete(object);
}

static void check_histograms(uint64_t start_ns)
{
    struct spread_slots all = {.slots = slots, .n = TASKS, .start_ns = start_ns};
    struct histogram *histograms = calloc(4, sizeof *histograms);

    assert_non_null(histograms);
    for (int round = 0; round < 2; round++) {
        distributions_record(&histograms[0], &histograms[1], &all, NULL);
        distributions_record(&histograms[2], &histograms[3], &all, seen_spreads(&seen));
    }
    assert_memory_equal(&histograms[0], &histograms[2], 2 * sizeof *histograms);
    free(histograms);
}

static void check_look(uint64_t start_ns)
{
    uint64_t first_arrival_ns = UINT64_MAX, first_begin_ns = UINT64_MAX, last_end_ns = 0;
    bool plain = true, ordered = true;
    struct judgement judged = {.status = SAMPLE_OK};

    seen_look(&seen, &oracle, slots, start_ns);
    assert_int_equal(seen.tasks, TASKS);
    for (size_t i = 0; i < TASKS; i++) {
        first_arrival_ns = slots[i].arrival_ns < first_arrival_ns ? slots[i].arrival_ns : first_arrival_ns;
        first_begin_ns = slots[i].begin_ns < first_begin_ns ? slots[i].begin_ns : first_begin_ns;
        last_end_ns = slots[i].end_ns > last_end_ns ? slots[i].end_ns : last_end_ns;
        plain &= oracle_plain(&oracle, &slots[i], start_ns);
        ordered &= slots[i].arrival_ns <= slots[i].begin_ns;
    }
    assert_true(seen.first_arrival_ns == first_arrival_ns);
    assert_true(seen.first_begin_ns == first_begin_ns);
    assert_true(seen.last_end_ns == last_end_ns);
    assert_true(seen.plain == plain);
    assert_true(start_ns > 0 || seen.ordered == ordered);
    oracle_judge(&oracle, slots, &(struct oracle_seen){false, 1}, start_ns, &judged);
    assert_true(!seen.plain || judged.status == SAMPLE_OK);
    if (seen.in_flight > 0)
        assert_int_equal(seen.in_flight, in_flight_peak(slots, NULL, TASKS));
    check_spreads(start_ns);
    check_histograms(start_ns);
}

static void test_honest(void **state)
{
    struct rng rng = {.state = 1};

    (void)state;
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        uint32_t lanes = 1 + trial % 4;
        unsigned bits = 2 + trial % 30;

        expected[1].fails = trial % 7 == 0; // and none did
        draw(&rng, lanes, 64, bits, 0);
        check_look(0);
        assert_true(seen.plain == !expected[1].fails && seen.ordered);
        if (lanes <= 2) // else the look need not tell
            assert_int_equal(seen.in_flight, lanes);
    }
    expected[1].fails = false;
}

static void test_doctored(void **state)
{
    struct rng rng = {.state = 2};

    (void)state;
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        uint64_t start_ns = trial % 3 == 0 ? 5000 : 0;

        oracle.open_loop = start_ns > 0;
        expected[1].unknown = trial % 5 == 0;
        draw(&rng, 1 + trial % 4, 16 << trial % 4, 2 + trial % 30, start_ns);
        doctor(&rng, 1 + trial % 20);
        check_look(start_ns);
    }
    oracle.open_loop = expected[1].unknown = false;
}

static void test_anything(void **state)
{
    struct rng rng = {.state = 3};

    (void)state;
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        for (size_t i = 0; i < TASKS; i++) {
            uint64_t *words = (uint64_t *)&slots[i];

            for (size_t word = 0; word < sizeof *slots / sizeof *words; word++)
                words[word] = rng_next(&rng) >> rng_below(&rng, 64);
        }
        check_look(trial % 2 == 0 ? 0 : 1000);
    }
}

// Stamps at either end of what there is.
static void test_ends_of_time(void **state)
{
    struct rng rng = {.state = 4};

    (void)state;
    draw(&rng, 1, 64, 5, 0);
    for (size_t i = 0; i < TASKS; i++) {
        slots[i].arrival_ns += (uint64_t)UNITS_MOST - 110000;
        slots[i].begin_ns += (uint64_t)UNITS_MOST - 110000;
        slots[i].end_ns += (uint64_t)UNITS_MOST - 110000;
    }
    check_look(0);
    for (size_t i = 0; i < TASKS; i++)
        slots[i] = (struct slot){.arrival_ns = UINT64_MAX - 5, .begin_ns = 1 + i / 3, .end_ns = 3 + i / 3, .check = 11};
    check_look(0);
    for (size_t i = 0; i < TASKS; i++)
        slots[i] = (struct slot){.arrival_ns = UINT64_MAX - 5, .begin_ns = 2 * i, .end_ns = 2 * i + 2, .check = 11};
    check_look(0);
}

// Lanes that are never busy at once, though their chunks overlap, and lanes whose peak is one moment.
static void test_runs(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < TASKS; i++) {
        uint64_t begin_ns = 10000 + 20 * (i % 3000) + 10 * (i / 3000);

        slots[i] = (struct slot){.arrival_ns = begin_ns, .begin_ns = begin_ns, .end_ns = begin_ns + 10};
        slots[i].check = expected[0].check;
    }
    check_look(0);
    assert_true(seen.in_flight <= 1);
    assert_int_equal(in_flight_peak(slots, NULL, TASKS), 1);
    slots[5000].end_ns++;
    check_look(0);
    assert_true(seen.in_flight != 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honest),       cmocka_unit_test(test_doctored), cmocka_unit_test(test_anything),
        cmocka_unit_test(test_ends_of_time), cmocka_unit_test(test_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

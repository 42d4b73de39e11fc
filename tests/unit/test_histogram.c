// SPDX-License-Identifier: MIT
// HdrHistogram's buckets, and what a report's histograms say against the times they were made of.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#include <math.h>

#include "measure/base/rng.h"
#include "measure/base/stats.h"
#include "measure/distribution.h"
#include "measure/histogram.h"
#include "reports/document/histogram.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define TASKS 500
#define ROUNDS 40
#define ALL ((size_t)TASKS * ROUNDS)

// counts_index_for() of HdrHistogram_c with hdr_init(1, INT64_MAX, 2).
static void test_the_buckets_of_hdr_histogram(void **state)
{
    static const struct {
        uint64_t ns;
        size_t bucket;
    } known[] = {{0, 0},
                 {1, 1},
                 {127, 127},
                 {128, 128},
                 {255, 255},
                 {256, 256},
                 {257, 256},
                 {258, 257},
                 {511, 383},
                 {512, 384},
                 {515, 384},
                 {516, 385},
                 {10000, 924},
                 {1000000, 1780},
                 {10000000, 2200},
                 {INT64_MAX, 7295},
                 {UINT64_C(1) << 63, 7296},
                 {UINT64_MAX, 7423}};

    (void)state;
    for (size_t i = 0; i < COUNT(known); i++)
        if (histogram_bucket(known[i].ns) != known[i].bucket)
            fail_msg("%llu is in bucket %zu, expected %zu", (unsigned long long)known[i].ns,
                     histogram_bucket(known[i].ns), known[i].bucket);
}

static void test_buckets_follow_each_other(void **state)
{
    (void)state;
    assert_true(histogram_lowest(0) == 0 && histogram_highest(HISTOGRAM_BUCKETS - 1) == UINT64_MAX);
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        uint64_t lowest = histogram_lowest(i), highest = histogram_highest(i);

        assert_int_equal(histogram_bucket(lowest), i);
        assert_int_equal(histogram_bucket(highest), i);
        assert_true(i == 0 || lowest == histogram_highest(i - 1) + 1);
        assert_true((highest - lowest + 1) <= 1 || (highest - lowest + 1) <= lowest / 128);
    }
}

static cJSON *cell_of(const struct histogram *latency, const struct histogram *queued)
{
    cJSON *cell = cJSON_CreateObject(), *histograms = cJSON_AddObjectToObject(cell, "histograms");

    cJSON_AddStringToObject(cell, "status", "ok");
    cJSON_AddItemToObject(histograms, "latency_ns", histogram_json(latency));
    cJSON_AddItemToObject(histograms, "queued_ns", histogram_json(queued));
    return cell;
}

// Times of all sizes, of which many are much alike, as those of tasks are.
static uint64_t draw(struct rng *rng)
{
    unsigned bits = (unsigned)(rng_next(rng) % 50);

    if (rng_next(rng) % 2 == 0)
        return 10000000 + rng_next(rng) % 100000;
    return rng_next(rng) >> (63 - bits);
}

struct drawn {
    struct histogram latency, queued;
    uint64_t latencies[ALL], waits[ALL]; // sorted
};

static void draw_rounds(struct drawn *drawn, uint64_t seed)
{
    static struct slot slots[TASKS];
    struct rng rng = {seed};
    size_t n = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < TASKS; i++, n++) {
            drawn->waits[n] = draw(&rng);
            drawn->latencies[n] = drawn->waits[n] + draw(&rng);
            slots[i] = (struct slot){.arrival_ns = i, .begin_ns = 1000 + i + drawn->waits[n]};
            slots[i].end_ns = 1000 + i + drawn->latencies[n];
        }
        distributions_record(&drawn->latency, &drawn->queued, &(struct spread_slots){slots, NULL, TASKS, 1000}, NULL);
    }
    stats_sort_u64(drawn->latencies, ALL);
    stats_sort_u64(drawn->waits, ALL);
}

static void compare(struct histogram_view view, const uint64_t *sorted)
{
    static const double shares[] = {0.0001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1};

    assert_true(view.total == ALL && view.min_ns == sorted[0] && view.max_ns == sorted[ALL - 1]);
    for (size_t i = 0; i < COUNT(shares); i++) {
        uint64_t exact = stats_percentile_u64(sorted, ALL, shares[i]), found = histogram_percentile(view, shares[i]);

        if (found < exact || (double)(found - exact) > 0.01 * (double)exact)
            fail_msg("the %g share is %llu, expected %llu or up to 1 %% more", shares[i], (unsigned long long)found,
                     (unsigned long long)exact);
    }
    assert_true(histogram_percentile(view, 1) == sorted[ALL - 1]);
}

static void test_percentiles_of_random_times(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct drawn *drawn = calloc(1, sizeof *drawn);
        struct histogram_view view;
        cJSON *cell;

        assert_non_null(drawn);
        draw_rounds(drawn, seed);
        cell = cell_of(&drawn->latency, &drawn->queued);
        assert_true(histogram_of(cell, HISTOGRAM_LATENCY, &view));
        compare(view, drawn->latencies);
        assert_true(histogram_of(cell, HISTOGRAM_QUEUED, &view));
        compare(view, drawn->waits);
        cJSON_Delete(cell);
        free(drawn);
    }
}

// A cell of a few times, in ns; latencies alone.
static cJSON *cell_with(const uint64_t *times, size_t n)
{
    struct histogram *histogram = calloc(1, sizeof *histogram);
    cJSON *cell;

    assert_non_null(histogram);
    for (size_t i = 0; i < n; i++)
        histogram_record(histogram, times[i]);
    cell = cell_of(histogram, histogram);
    free(histogram);
    return cell;
}

static void test_as_a_report_holds_it(void **state)
{
    static const uint64_t times[] = {3, 1, 3, 1000, 1001, 0};
    cJSON *cell = cell_with(times, COUNT(times));
    char *text = cJSON_PrintUnformatted(cJSON_GetObjectItem(cell, "histograms")->child);

    (void)state;
    assert_string_equal(text, "{\"significant_digits\":2,\"total\":6,\"min\":0,\"max\":1001,"
                              "\"counts\":[1,1,-1,2,-502,2]}");
    cJSON_free(text);
    cJSON_Delete(cell);
}

static void test_buckets_one_by_one(void **state)
{
    static const uint64_t times[] = {7, 1001, 1002, 5000, 5001};
    static const struct histogram_bucket expected[] = {{7, 7, 1}, {1000, 1003, 2}, {4992, 5001, 2}};
    cJSON *cell = cell_with(times, COUNT(times));
    struct histogram_bucket bucket;
    struct histogram_view view;

    (void)state;
    assert_true(histogram_of(cell, HISTOGRAM_LATENCY, &view));
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_true(histogram_next(&view, &bucket));
        if (memcmp(&bucket, &expected[i], sizeof bucket) != 0)
            fail_msg("bucket %zu: %llu to %llu, %llu times", i, (unsigned long long)bucket.lowest_ns,
                     (unsigned long long)bucket.highest_ns, (unsigned long long)bucket.count);
    }
    assert_false(histogram_next(&view, &bucket));
    cJSON_Delete(cell);
}

static void test_share_below(void **state)
{
    static const uint64_t times[] = {10, 20, 20, 1000000};
    cJSON *cell = cell_with(times, COUNT(times));
    struct histogram_view view;

    (void)state;
    assert_true(histogram_of(cell, HISTOGRAM_LATENCY, &view));
    assert_true(histogram_share_below(view, 0) == 0 && histogram_share_below(view, 10) == 0);
    assert_true(histogram_share_below(view, 11) == 0.25 && histogram_share_below(view, 20) == 0.25);
    assert_true(histogram_share_below(view, 21) == 0.75 && histogram_share_below(view, 990000) == 0.75);
    assert_true(histogram_share_below(view, 1000001) == 1 && histogram_share_below(view, 1e30) == 1);
    cJSON_Delete(cell);
}

static double sum_of(const double *values, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return sum;
}

static void test_bins_have_all_tasks(void **state)
{
    static const uint64_t times[] = {0, 1, 5, 100, 5000, 5100, 10000000, 10000001, UINT64_C(1000000000000000000)};
    static const uint64_t axes[][2] = {{0, UINT64_C(1000000000000000000)}, {1, 5}, {200, 300}, {7, 7}, {0, 0}};
    cJSON *cell = cell_with(times, COUNT(times));
    double edges[41], counts[40];
    struct histogram_view view;

    (void)state;
    assert_true(histogram_of(cell, HISTOGRAM_LATENCY, &view));
    for (size_t i = 0; i < COUNT(axes); i++) {
        for (size_t bins = 1; bins < COUNT(edges); bins++) {
            histogram_edges(axes[i][0], axes[i][1], bins, edges);
            histogram_bins(view, edges, bins, counts);
            assert_true(fabs(sum_of(counts, bins) - (double)view.total) < 1e-9);
            assert_true(edges[0] >= 1 && edges[bins] >= (double)axes[i][1]);
        }
    }
    cJSON_Delete(cell);
}

static void test_bins_of_a_decade_each(void **state)
{
    static const uint64_t times[] = {1, 2, 9, 15, 100, 500, 900, 998};
    cJSON *cell = cell_with(times, COUNT(times));
    double edges[4], counts[3];
    struct histogram_view view;

    (void)state;
    histogram_edges(1, 999, 3, edges);
    assert_true(fabs(edges[1] - 10) < 1e-9 && fabs(edges[2] - 100) < 1e-9 && edges[3] == 1000);
    assert_true(histogram_of(cell, HISTOGRAM_LATENCY, &view));
    histogram_bins(view, edges, 3, counts);
    assert_true(fabs(counts[0] - 3) < 1e-9 && fabs(counts[1] - 1) < 1e-9 && fabs(counts[2] - 4) < 1e-9);
    cJSON_Delete(cell);
}

// A bucket wider than a bin is no comb.
static void test_narrow_bins_have_no_gaps(void **state)
{
    uint64_t times[1000];
    double edges[21], counts[20];
    struct histogram_view view;
    cJSON *cell;

    (void)state;
    for (size_t i = 0; i < COUNT(times); i++)
        times[i] = 10000000 + 200 * i;
    cell = cell_with(times, COUNT(times));
    assert_true(histogram_of(cell, HISTOGRAM_LATENCY, &view));
    histogram_edges(view.min_ns, view.max_ns, 20, edges);
    histogram_bins(view, edges, 20, counts);
    for (size_t i = 0; i < 20; i++)
        assert_true(counts[i] > 25 && counts[i] < 100);
    cJSON_Delete(cell);
}

static void test_cells_without(void **state)
{
    static const uint64_t times[] = {1};
    cJSON *cell = cell_with(times, 1);
    struct histogram_view view;

    (void)state;
    cJSON_ReplaceItemInObject(cell, "status", cJSON_CreateString("failed"));
    assert_false(histogram_of(cell, HISTOGRAM_LATENCY, &view));
    cJSON_ReplaceItemInObject(cell, "status", cJSON_CreateString("ok"));
    assert_true(histogram_of(cell, HISTOGRAM_LATENCY, &view));
    cJSON_DeleteItemFromObject(cell, "histograms");
    assert_false(histogram_of(cell, HISTOGRAM_LATENCY, &view));
    cJSON_Delete(cell);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_buckets_of_hdr_histogram), cmocka_unit_test(test_buckets_follow_each_other),
        cmocka_unit_test(test_percentiles_of_random_times),  cmocka_unit_test(test_as_a_report_holds_it),
        cmocka_unit_test(test_buckets_one_by_one),           cmocka_unit_test(test_share_below),
        cmocka_unit_test(test_bins_have_all_tasks),          cmocka_unit_test(test_bins_of_a_decade_each),
        cmocka_unit_test(test_narrow_bins_have_no_gaps),     cmocka_unit_test(test_cells_without),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

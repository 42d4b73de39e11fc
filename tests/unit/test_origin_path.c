// SPDX-License-Identifier: MIT
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "measure/base/clock.h"
#include "workloads/origin/path.h"

static struct origin_path parsed(const char *text)
{
    struct origin_path path;

    if (origin_path_parse(text, strlen(text), &path) != 0)
        fail_msg("'%s' was not understood", text);
    return path;
}

static void assert_path(const char *text, struct origin_path expected)
{
    const struct origin_path path = parsed(text);

    assert_int_equal(path.bytes, expected.bytes);
    assert_int_equal(path.status, expected.status);
    assert_int_equal(path.delay_low_ns, expected.delay_low_ns);
    assert_int_equal(path.delay_high_ns, expected.delay_high_ns);
    assert_int_equal(path.has_delay, expected.has_delay);
    assert_int_equal(path.reset, expected.reset);
    assert_int_equal(path.stats, expected.stats);
}

#define MS(n) (UINT64_C(n) * NS_PER_MS)

static void test_single_parts(void **state)
{
    (void)state;
    assert_path("/", (struct origin_path){.bytes = 13, .status = 200});
    assert_path("/bytes/0", (struct origin_path){.status = 200});
    assert_path("/bytes/4k", (struct origin_path){.bytes = 4096, .status = 200});
    assert_path("/bytes/1g", (struct origin_path){.bytes = ORIGIN_MAX_BYTES, .status = 200});
    assert_path("/status/503", (struct origin_path){.bytes = 13, .status = 503});
    assert_path("/reset", (struct origin_path){.bytes = 13, .status = 200, .reset = true});
    assert_path("/stats", (struct origin_path){.bytes = 13, .status = 200, .stats = true});
    assert_path("/delay/10ms",
                (struct origin_path){
                    .bytes = 13, .status = 200, .has_delay = true, .delay_low_ns = MS(10), .delay_high_ns = MS(10)});
    assert_path("/delay/10ms~50ms",
                (struct origin_path){
                    .bytes = 13, .status = 200, .has_delay = true, .delay_low_ns = MS(10), .delay_high_ns = MS(50)});
    assert_path("/delay/0~1us",
                (struct origin_path){.bytes = 13, .status = 200, .has_delay = true, .delay_high_ns = NS_PER_US});
}

static void test_combinations(void **state)
{
    const struct origin_path all = {.bytes = 4096,
                                    .status = 503,
                                    .has_delay = true,
                                    .delay_low_ns = MS(10),
                                    .delay_high_ns = MS(10),
                                    .reset = true};

    (void)state;
    assert_path("/delay/10ms/bytes/4k/status/503/reset", all);
    assert_path("/reset/status/503/bytes/4k/delay/10ms", all);
    assert_path("/delay/10ms/bytes/4k",
                (struct origin_path){
                    .bytes = 4096, .status = 200, .has_delay = true, .delay_low_ns = MS(10), .delay_high_ns = MS(10)});
}

static void test_statuses_without_body(void **state)
{
    (void)state;
    assert_path("/status/204", (struct origin_path){.status = 204});
    assert_path("/status/304/bytes/4k", (struct origin_path){.status = 304});
    assert_path("/bytes/4k/status/100", (struct origin_path){.status = 100});
    assert_path("/status/205", (struct origin_path){.bytes = 13, .status = 205});
}

static void test_query_is_passed_over(void **state)
{
    (void)state;
    assert_path("/?/nonsense", (struct origin_path){.bytes = 13, .status = 200});
    assert_path("/bytes/2?x=/bytes/3", (struct origin_path){.bytes = 2, .status = 200});
}

static void test_length_counts(void **state)
{
    struct origin_path path;

    (void)state;
    assert_int_equal(origin_path_parse("/bytes/123", 8, &path), 0);
    assert_int_equal(path.bytes, 1);
}

static void test_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "?",
        "bytes/4",
        "//",
        "/nope",
        "/bytes",
        "/bytes/",
        "/bytes//4",
        "/bytes/x",
        "/bytes/-1",
        "/bytes/4/",
        "/bytes/1073741825",
        "/bytes/4/bytes/4",
        "/delay",
        "/delay/10",
        "/delay/ms",
        "/delay/10ms~",
        "/delay/~10ms",
        "/delay/50ms~10ms",
        "/delay/1ms~2ms~3ms",
        "/status/99",
        "/status/099",
        "/status/600",
        "/status/20",
        "/status/2000",
        "/status/+20",
        "/reset/1",
        "/stats/bytes/4",
        "/delay/1ms/stats",
        "/Bytes/4",
        "/bytes/0000000000000000000000000000000000000000000000000000000000000000000000000004",
    };
    const struct origin_path untouched = {.bytes = 77, .status = 1};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct origin_path path = untouched;

        if (origin_path_parse(wrong[i], strlen(wrong[i]), &path) != -EINVAL)
            fail_msg("'%s' was not refused", wrong[i]);
        assert_int_equal(path.bytes, untouched.bytes);
        assert_int_equal(path.status, untouched.status);
    }
}

static void test_fixed_delay_draws_nothing(void **state)
{
    const struct origin_path path = parsed("/delay/10ms");
    struct rng rng = {.state = 5};

    (void)state;
    assert_int_equal(origin_path_draw_delay(&path, &rng), MS(10));
    assert_int_equal(rng.state, 5);
}

static void test_same_seed_same_delays(void **state)
{
    const struct origin_path path = parsed("/delay/10ms~50ms");
    struct rng one = {.state = 5}, same = {.state = 5}, other = {.state = 6};
    unsigned differ = 0;

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        const uint64_t delay_ns = origin_path_draw_delay(&path, &one);

        assert_int_equal(delay_ns, origin_path_draw_delay(&path, &same));
        differ += delay_ns != origin_path_draw_delay(&path, &other);
    }
    assert_true(differ > 90);
}

// Ten classes of equal width, 100,000 seeded draws: chi-squared with 9 degrees of freedom stays below its 99.9 % point.
static void test_delays_are_uniform(void **state)
{
    const struct origin_path path = parsed("/delay/10ms~50ms");
    const double expected = 10000.0;
    struct rng rng = {.state = 1};
    unsigned classes[10] = {0};
    double chi_squared = 0;

    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        const uint64_t delay_ns = origin_path_draw_delay(&path, &rng);

        assert_in_range(delay_ns, MS(10), MS(50));
        classes[(delay_ns - MS(10)) * 10 / (MS(40) + 1)]++;
    }
    for (unsigned i = 0; i < 10; i++)
        chi_squared += ((double)classes[i] - expected) * ((double)classes[i] - expected) / expected;
    assert_true(chi_squared < 27.88);
}

static void test_both_ends_are_drawn(void **state)
{
    const struct origin_path path = parsed("/delay/1ns~3ns");
    struct rng rng = {.state = 1};
    unsigned drawn[4] = {0};

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        const uint64_t delay_ns = origin_path_draw_delay(&path, &rng);

        assert_in_range(delay_ns, 1, 3);
        drawn[delay_ns]++;
    }
    assert_true(drawn[1] > 0 && drawn[2] > 0 && drawn[3] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single_parts),
        cmocka_unit_test(test_combinations),
        cmocka_unit_test(test_statuses_without_body),
        cmocka_unit_test(test_query_is_passed_over),
        cmocka_unit_test(test_length_counts),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_fixed_delay_draws_nothing),
        cmocka_unit_test(test_same_seed_same_delays),
        cmocka_unit_test(test_delays_are_uniform),
        cmocka_unit_test(test_both_ends_are_drawn),
    };

    return cmocka_run_group_tests_name("origin path", tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>

#include "measure/base/units.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define UNTOUCHED UINT64_C(0x5ca1ab1e)

struct parsed {
    const char *text;
    int r;
    uint64_t value;
};

static void check_parsed(const struct parsed *cases, size_t count, int (*parse)(const char *, uint64_t *))
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value = UNTOUCHED;
        int r = parse(cases[i].text, &value);
        uint64_t expected = cases[i].r == 0 ? cases[i].value : UNTOUCHED;

        if (r != cases[i].r || value != expected)
            fail_msg("'%s': got %d and %ju, expected %d and %ju", cases[i].text, r, (uintmax_t)value, cases[i].r,
                     (uintmax_t)expected);
    }
}

static void test_parse_duration(void **state)
{
    static const struct parsed cases[] = {
        {"10ms", 0, 10000000},
        {"1.5s", 0, 1500000000},
        {"0.1s", 0, 100000000},
        {"0.3us", 0, 300},
        {"2m", 0, UINT64_C(120000000000)},
        {"1h", 0, UINT64_C(3600000000000)},
        {"500ns", 0, 500},
        {"100us", 0, 100000},
        {"100\xc2\xb5s", 0, 100000},
        {"100\xce\xbcs", 0, 100000},
        {"0", 0, 0},
        {"0.0", 0, 0},
        {"0s", 0, 0},
        {"007ms", 0, 7000000},
        {".5s", 0, 500000000},
        {"0.123456789s", 0, 123456789},
        {"1.00000000000000000000000000000s", 0, 1000000000},
        {"0.25h", 0, UINT64_C(900000000000)},
        {"18446744073709551615ns", 0, UINT64_MAX},
        {"18446744073.709551615s", 0, UINT64_MAX},
        {"18446744073709551616ns", -ERANGE, 0},
        {"18446744073.709551616s", -ERANGE, 0},
        {"99999999999999999999999s", -ERANGE, 0},
        {"5124096h", -ERANGE, 0},
        {"0.5ns", -EINVAL, 0},
        {"0.0000000001s", -EINVAL, 0},
        {"10", -EINVAL, 0},
        {"10 ms", -EINVAL, 0},
        {" 10ms", -EINVAL, 0},
        {"10ms ", -EINVAL, 0},
        {"10msx", -EINVAL, 0},
        {"10MS", -EINVAL, 0},
        {"10\xc2s", -EINVAL, 0},
        {"-10ms", -EINVAL, 0},
        {"+10ms", -EINVAL, 0},
        {"", -EINVAL, 0},
        {".", -EINVAL, 0},
        {"ms", -EINVAL, 0},
        {"1.s", -EINVAL, 0},
        {"1..5s", -EINVAL, 0},
        {"1,5s", -EINVAL, 0},
        {"1e3s", -EINVAL, 0},
        {"0x10s", -EINVAL, 0},
        {"nan", -EINVAL, 0},
        {"inf", -EINVAL, 0},
        {"0x", -EINVAL, 0},
    };

    (void)state;
    check_parsed(cases, COUNT(cases), units_parse_duration);
}

static void test_parse_size(void **state)
{
    static const struct parsed cases[] = {
        {"4096", 0, 4096},
        {"512b", 0, 512},
        {"64k", 0, 65536},
        {"64K", 0, 65536},
        {"64KiB", 0, 65536},
        {"1.5k", 0, 1536},
        {"1m", 0, 1 << 20},
        {"2g", 0, UINT64_C(2) << 30},
        {"0", 0, 0},
        {"16g", 0, UINT64_C(1) << 34},
        {"0.1k", -EINVAL, 0},
        {"1.5", -EINVAL, 0},
        {"64kB", -EINVAL, 0},
        {"64 k", -EINVAL, 0},
        {"-1", -EINVAL, 0},
        {"0x10", -EINVAL, 0},
        {"17179869184g", -ERANGE, 0},
        {"18446744073709551616", -ERANGE, 0},
    };

    (void)state;
    check_parsed(cases, COUNT(cases), units_parse_size);
}

static void test_parse_count(void **state)
{
    static const struct parsed cases[] = {
        {"1000", 0, 1000},
        {"10k", 0, 10000},
        {"1m", 0, 1000000},
        {"1M", 0, 1000000},
        {"2.5k", 0, 2500},
        {"1.000", -EINVAL, 0},
        {"1.0", -EINVAL, 0},
        {"0", 0, 0},
        {"1.0005k", -EINVAL, 0},
        {"1g", -EINVAL, 0},
        {"ten", -EINVAL, 0},
        {"1 000", -EINVAL, 0},
        {"1_000", -EINVAL, 0},
        {"-5", -EINVAL, 0},
        {"18446744073709551615", 0, UINT64_MAX},
        {"18446744073709552k", -ERANGE, 0},
    };

    (void)state;
    check_parsed(cases, COUNT(cases), units_parse_count);
}

static void assert_rate(const char *text, double per_s, bool constant)
{
    double value = -1;
    bool even = !constant;

    assert_int_equal(units_parse_rate(text, &value, &even), 0);
    assert_true(value == per_s);
    assert_int_equal(even, constant);
}

static void test_parse_rate(void **state)
{
    static const char *const bad[] = {
        "",   "0",         "0/s", "-1/s",  "5/h",  "5/s:", "5/s:never",
        "/s", ":constant", "x/s", "0.5/s", "5/s ", "5//s", "1000000000000000000000000000000000000000/s"};

    (void)state;
    assert_rate("500/s", 500, false);
    assert_rate("500", 500, false);
    assert_rate("30/m", 0.5, false);
    assert_rate("5k/s:constant", 5000, true);
    assert_rate("1.5k:constant", 1500, true);
    assert_rate("10m/s:poisson", 1e7, false);
    assert_rate("1m/m", 1e6 / 60, false);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double value = 4711;
        bool constant = true;

        if (units_parse_rate(bad[i], &value, &constant) != -EINVAL || value != 4711 || !constant)
            fail_msg("'%s' was not refused", bad[i]);
    }
    assert_int_equal(units_parse_rate("11m/s", &(double){0}, &(bool){false}), -ERANGE);
}

static void test_parse_share(void **state)
{
    static const struct {
        const char *text;
        int r;
        double share;
    } cases[] = {
        {"5%", 0, 0.05},     {"0.05", 0, 0.05},   {"2.5%", 0, 0.025},  {"0", 0, 0},         {"0%", 0, 0},
        {"1", 0, 1},         {"150%", 0, 1.5},    {"5", -ERANGE, 0},   {"-5%", -EINVAL, 0}, {"%", -EINVAL, 0},
        {"5 %", -EINVAL, 0}, {"5%%", -EINVAL, 0}, {"nan", -EINVAL, 0}, {"", -EINVAL, 0},    {"0,05", -EINVAL, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        double share = -7;
        int r = units_parse_share(cases[i].text, &share);

        if (r != cases[i].r || share != (r == 0 ? cases[i].share : -7)) // the nearest double, not merely a near one
            fail_msg("'%s': got %d and %.17g", cases[i].text, r, share);
    }
}

struct formatted {
    double value;
    const char *text;
};

static void check_formatted(const struct formatted *cases, size_t count, char *(*format)(char *, double))
{
    char buf[UNITS_TEXT];

    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(format(buf, cases[i].value), buf);
        assert_string_equal(buf, cases[i].text);
    }
}

static void test_format_duration(void **state)
{
    static const struct formatted cases[] = {
        {0, "0 ns"},        {0.5, "0.5 ns"},       {5.417, "5.42 ns"},  {9.996, "10.0 ns"},     {99.96, "100 ns"},
        {999.4, "999 ns"},  {999.6, "1.00 us"},    {27100, "27.1 us"},  {27149, "27.1 us"},     {27000, "27 us"},
        {27001, "27.0 us"}, {999999.6, "1.00 ms"}, {1000000, "1 ms"},   {9620000, "9.62 ms"},   {9624999, "9.62 ms"},
        {1.5e9, "1.5 s"},   {1.504e9, "1.50 s"},   {999.6e9, "1000 s"}, {12345.6e9, "12346 s"}, {-27100, "-27.1 us"},
    };
    char buf[UNITS_TEXT];

    (void)state;
    check_formatted(cases, COUNT(cases), units_format_duration);
    assert_string_equal(units_format_duration(buf, (double)NAN), "n/a");
    assert_string_equal(units_format_duration(buf, (double)INFINITY), "n/a");
    assert_string_equal(units_format_duration(buf, -1e300), "n/a");
    assert_string_equal(units_format_duration(buf, 1.8e19), "18000000000 s");
}

static void test_format_bytes(void **state)
{
    static const struct formatted cases[] = {
        {0, "0 B"},
        {88.5, "88.5 B"},
        {1023, "1023 B"},
        {1023.7, "1.00 KiB"},
        {1024, "1 KiB"},
        {16384, "16 KiB"},
        {16400, "16.0 KiB"},
        {1023.0 * 1024, "1023 KiB"},
        {1023.7 * 1024, "1.00 MiB"},
        {4.66 * 1024 * 1024 * 1024, "4.66 GiB"},
        {-2048, "-2 KiB"},
    };

    (void)state;
    check_formatted(cases, COUNT(cases), units_format_bytes);
}

static void test_format_count(void **state)
{
    static const struct {
        uint64_t count;
        const char *text;
    } cases[] = {
        {0, "0"},         {999, "999"},       {1000, "1000"},
        {12345, "12345"}, {123456, "123456"}, {UINT64_MAX, "18446744073709551615"},
    };
    char buf[UNITS_TEXT];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(units_format_count(buf, cases[i].count), cases[i].text);
}

static void test_write(void **state)
{
    char buf[UNITS_TEXT];

    (void)state;
    assert_string_equal(units_write_duration(buf, 0), "0");
    assert_string_equal(units_write_duration(buf, 10000000), "10ms");
    assert_string_equal(units_write_duration(buf, 1500000), "1500us");
    assert_string_equal(units_write_duration(buf, 90000000000), "90s");
    assert_string_equal(units_write_duration(buf, 120000000000), "2m");
    assert_string_equal(units_write_duration(buf, UINT64_MAX), "18446744073709551615ns");
    assert_string_equal(units_write_size(buf, 0), "0");
    assert_string_equal(units_write_size(buf, 1000), "1000");
    assert_string_equal(units_write_size(buf, 65536), "64k");
    assert_string_equal(units_write_size(buf, 1536), "1536");
    assert_string_equal(units_write_size(buf, UINT64_C(3) << 30), "3g");
    assert_string_equal(units_write_count(buf, 0), "0");
    assert_string_equal(units_write_count(buf, 1024), "1024");
    assert_string_equal(units_write_count(buf, 4000), "4k");
    assert_string_equal(units_write_count(buf, 1000000), "1m");
}

// Every power of two and of ten, and their neighbours, comes back as it was.
static void test_written_is_parsed(void **state)
{
    uint64_t power[2] = {1, 1}, back;
    char buf[UNITS_TEXT];

    (void)state;
    for (int i = 0; i < 64; i++) {
        for (int base = 0; base < 2; base++)
            for (uint64_t near = 0; near < 3; near++) {
                uint64_t value = power[base] + near - 1;

                assert_int_equal(units_parse_duration(units_write_duration(buf, value), &back), 0);
                assert_true(back == value);
                assert_int_equal(units_parse_count(units_write_count(buf, value), &back), 0);
                assert_true(back == value);
                assert_int_equal(units_parse_size(units_write_size(buf, value), &back), 0);
                assert_true(back == value);
            }
        power[0] *= 2;
        power[1] *= i < 19 ? 10 : 1;
    }
}

// Under a locale that writes 1,5 everything is as before. Skipped where no such locale is installed.
static void test_locale(void **state)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "nl_NL.UTF-8"};
    const char *found = NULL;

    for (size_t i = 0; i < COUNT(names) && found == NULL; i++)
        found = setlocale(LC_ALL, names[i]);
    if (found == NULL)
        skip();
    test_parse_duration(state);
    test_parse_share(state);
    test_format_duration(state);
    test_format_bytes(state);
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_duration), cmocka_unit_test(test_parse_size),
        cmocka_unit_test(test_parse_count),    cmocka_unit_test(test_parse_rate),
        cmocka_unit_test(test_parse_share),    cmocka_unit_test(test_format_duration),
        cmocka_unit_test(test_format_bytes),   cmocka_unit_test(test_format_count),
        cmocka_unit_test(test_write),          cmocka_unit_test(test_written_is_parsed),
        cmocka_unit_test(test_locale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

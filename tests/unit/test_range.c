// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "measure/base/range.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

// The values as they are written back, with blanks between.
static const char *written(const struct range *range, enum quantity quantity, char *buf, size_t size)
{
    size_t length = 0;

    buf[0] = '\0';
    for (unsigned i = 0; i < range->count && length < size; i++) {
        char text[UNITS_TEXT];

        length += (size_t)snprintf(buf + length, size - length, "%s%s", i > 0 ? " " : "",
                                   range_write(text, quantity, range->values[i]));
    }
    return buf;
}

static void test_values(void **state)
{
    static const struct {
        const char *text;
        enum quantity quantity;
        const char *values;
    } cases[] = {
        {"16", QUANTITY_COUNT, "16"},
        {"1,4,16,64", QUANTITY_COUNT, "1 4 16 64"},
        {"64,1,16,1,4", QUANTITY_COUNT, "1 4 16 64"},
        {"10..15", QUANTITY_COUNT, "10 11 12 13 14 15"},
        {"7..7", QUANTITY_COUNT, "7"},
        {"16..4k:x4", QUANTITY_COUNT, "16 64 256 1024 4k"},
        {"16..4096:x4", QUANTITY_COUNT, "16 64 256 1024 4096"},
        {"100..500:+100", QUANTITY_COUNT, "100 200 300 400 500"},
        {"100..450:+100", QUANTITY_COUNT, "100 200 300 400 450"},
        {"0..2", QUANTITY_COUNT, "0 1 2"},
        {"1,4..6,1k..1m:x1k", QUANTITY_COUNT, "1 4 5 6 1k 1m"},
        {"2..8:x2,3..9:+3", QUANTITY_COUNT, "2 3 4 6 8 9"},
        {"1000,1k", QUANTITY_COUNT, "1k"},
        {"0,1k,64k,1m", QUANTITY_SIZE, "0 1k 64k 1m"},
        {"1k..64k:x4", QUANTITY_SIZE, "1k 4k 16k 64k"},
        {"512..2k:+512", QUANTITY_SIZE, "512 1k 1536 2k"},
        {"1ms..16ms:x2", QUANTITY_DURATION, "1ms 2ms 4ms 8ms 16ms"},
        {"1.5ms,500us,1s", QUANTITY_DURATION, "500us 1500us 1s"},
        {"10ms..30ms:+10ms", QUANTITY_DURATION, "10ms 20ms 30ms"},
        {"100..1600:x4", QUANTITY_RATE, "100/s 400/s 1600/s"},
        {"1k/s,90/m,60/m", QUANTITY_RATE, "1/s 90/m 1k/s"},
        {"100/s..300:+100", QUANTITY_RATE, "100/s 200/s 300/s"},
        {"18446744073709551614..18446744073709551615", QUANTITY_COUNT, "18446744073709551614 18446744073709551615"},
        {"9223372036854775808..18446744073709551615:x3", QUANTITY_COUNT, "9223372036854775808 18446744073709551615"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char buf[256], expected[RANGE_EXPECTED];
        struct range range;

        if (range_parse(cases[i].text, cases[i].quantity, &range, NULL, expected) != 0)
            fail_msg("'%s': refused, expected %s", cases[i].text, expected);
        if (strcmp(written(&range, cases[i].quantity, buf, sizeof buf), cases[i].values) != 0)
            fail_msg("'%s': got %s, expected %s", cases[i].text, buf, cases[i].values);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *text;
        enum quantity quantity;
        const char *expected; // what it begins with
    } cases[] = {
        {"", QUANTITY_COUNT, ""},
        {"x", QUANTITY_COUNT, ""},
        {"1,", QUANTITY_COUNT, ""},
        {",1", QUANTITY_COUNT, ""},
        {"1,,2", QUANTITY_COUNT, ""},
        {"1..", QUANTITY_COUNT, ""},
        {"..4", QUANTITY_COUNT, ""},
        {"1...4", QUANTITY_COUNT, ""},
        {"1..4..8", QUANTITY_COUNT, ""},
        {"1 ,2", QUANTITY_COUNT, ""},
        {"1..4:y", QUANTITY_COUNT, ""},
        {"1..4:x", QUANTITY_COUNT, ""},
        {"1..4:x2:x2", QUANTITY_COUNT, ""},
        {"1:x2", QUANTITY_COUNT, ""},
        {"10,20", QUANTITY_DURATION, ""},
        {"00000000000000000000000000000000001", QUANTITY_COUNT, ""},
        {"4..1", QUANTITY_COUNT, "the smaller value of a range first"},
        {"1..4:x1", QUANTITY_COUNT, "a step by a whole number from 2 up"},
        {"1..4:x1.5", QUANTITY_COUNT, "a step by a whole number from 2 up"},
        {"1..4:+0", QUANTITY_COUNT, "a step from above 0"},
        {"1..4:+", QUANTITY_COUNT, "a step from above 0"},
        {"0..4:x2", QUANTITY_COUNT, "a range from above 0 where steps multiply"},
        {"1..65", QUANTITY_COUNT, "at most 64 values"},
        {"1..18446744073709551615", QUANTITY_COUNT, "at most 64 values"},
        {"1k..64k", QUANTITY_SIZE, "a range with a step such as 1k..1m:x4"},
        {"1ms..4ms", QUANTITY_DURATION, "a range with a step such as 1ms..16ms:x2"},
        {"1ms..4ms:+1", QUANTITY_DURATION, "a step from above 0"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct range range = {.count = 77};
        char expected[RANGE_EXPECTED] = "untouched";
        int r = range_parse(cases[i].text, cases[i].quantity, &range, NULL, expected);

        if (r != -EINVAL || range.count != 77)
            fail_msg("'%s': got %d and %u values, expected to be refused", cases[i].text, r, range.count);
        if (cases[i].expected[0] == '\0' ? expected[0] != '\0'
                                         : strncmp(expected, cases[i].expected, strlen(cases[i].expected)) != 0)
            fail_msg("'%s': '%s', expected '%s'", cases[i].text, expected, cases[i].expected);
    }
}

static void test_sixty_four_are_allowed(void **state)
{
    struct range range;
    char expected[RANGE_EXPECTED];

    (void)state;
    assert_int_equal(range_parse("1..64", QUANTITY_COUNT, &range, NULL, expected), 0);
    assert_int_equal(range.count, 64);
    assert_int_equal(range_parse("1..64,64", QUANTITY_COUNT, &range, NULL, expected), 0);
    assert_int_equal(range_parse("1..64,65", QUANTITY_COUNT, &range, NULL, expected), -EINVAL);
}

static void test_rest(void **state)
{
    static const char *const cases[][3] = {
        {"100,1k:yield", "100 1k", ":yield"}, {"100..10k:x10:yield", "100 1k 10k", ":yield"},
        {"1..3:xyz", "1 2 3", ":xyz"},        {"1..3", "1 2 3", ""},
        {"1..5:+2:x2", "1 3 5", ":x2"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct range range;
        char buf[256], expected[RANGE_EXPECTED];
        const char *rest = NULL;

        assert_int_equal(range_parse(cases[i][0], QUANTITY_COUNT, &range, &rest, expected), 0);
        assert_string_equal(written(&range, QUANTITY_COUNT, buf, sizeof buf), cases[i][1]);
        assert_string_equal(rest, cases[i][2]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_sixty_four_are_allowed),
        cmocka_unit_test(test_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

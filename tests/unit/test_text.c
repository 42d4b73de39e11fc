// SPDX-License-Identifier: MIT
// Characters, their widths, and where a text is cut and broken.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "measure/base/text.h"
#include "measure/base/utf8.h"

#define FAMILY "\U0001f468\u200d\U0001f469\u200d\U0001f467"

// What is no UTF-8 would make a JSON text unreadable.
static void test_repair(void **state)
{
    static const char *const texts[][2] = {
        {"plain", "plain"},
        {"é日\xf0\x9f\x98\x80", "é日\xf0\x9f\x98\x80"},
        {"a\xff\x62", "a?b"},
        {"\xc3", "?"}, // cut off
        {"\xe6\x97", "??"},
        {"\xc0\xaf", "??"},           // longer than need be
        {"\xed\xa0\x80", "???"},      // half of a pair
        {"\xf4\x90\x80\x80", "????"}, // beyond the last
        {"\x80z", "?z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[32];

        snprintf(text, sizeof text, "%s", texts[i][0]);
        text_repair(text);
        assert_string_equal(text, texts[i][1]);
    }
}

static void expect_clean(const char *text, bool utf8, const char *expected)
{
    char *clean = text_clean(text, utf8);

    assert_non_null(clean);
    assert_string_equal(clean, expected);
    free(clean);
}

static void test_text(void **state)
{
    (void)state;
    expect_clean("±5 % of 3 µs × 2…", false, "+-5 % of 3 us x 2...");
    expect_clean("±5 % of 3 µs × 2…", true, "±5 % of 3 µs × 2…");
    expect_clean("a\033[2J\r\n\x7f", true, "a?[2J??");
    expect_clean("\xc0\xaf\xff\xe2\x82", true, "?????"); // overlong, no UTF-8, cut off
    expect_clean("日本", false, "\\u65e5\\u672c");
    assert_int_equal(text_width("日本é×"), 6);
    assert_int_equal(text_cut("日本é×", 3), 3);
}

// As they are, with the columns that terminals give them; a mark alone would land on what stands before the text.
static void test_scripts(void **state)
{
    static const struct {
        const char *text;
        unsigned width;
    } shown[] = {
        {"डाउनलोड", 7}, // with two vowel signs that stand beside their letters
        {"हिन्दी", 5},   // and one below, and a virama
        {"تحميل ✓", 7},
        {"下载任务", 8},
        {"ダウンロード", 12},
        {"다운로드", 8},
        {"загрузка", 8},
        {"λήψη", 4},
        {"הורדה", 5},
        {"ดาวน์โหลด", 8},
        {"e\u0301te\u0301", 3},
        {"\U0001f600", 2},
        {"\U0001f1e9\U0001f1ea", 2}, // a flag of two letters
        {FAMILY, 6},                 // where terminals differ, the wider
        {"\u2764\ufe0f", 1},         // a heart and "as a picture"
        {"می\u200cخواهم", 7},        // the joiners that Persian is written with
        {"\U0001fae9", 2},           // a picture that came after this library's tables
    };

    (void)state;
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        expect_clean(shown[i].text, true, shown[i].text);
        assert_int_equal(text_width(shown[i].text), shown[i].width);
    }
    expect_clean("\u0301x", true, "?x");
    expect_clean("a \u0301x", true, "a ?x");
    expect_clean("\u094d\u093e", true, "?");
    expect_clean("\u200dx", true, "?x");
}

// What turns the direction of text around it, or is not seen at all, is no part of a name.
static void test_masked(void **state)
{
    static const int32_t masked[] = {
        0x1,    0x7f,   0x80,   0x85,   0x9b,   0x9f,   0xad,   0x61c,  0x200b, 0x200e,
        0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2060, 0x2066,
        0x2067, 0x2068, 0x2069, 0xfeff, 0xfff9, 0xfffe, 0xffff, 0xfdd0, 0x378,  0xe0001,
    };

    (void)state;
    for (size_t i = 0; i < sizeof masked / sizeof *masked; i++) {
        char text[16];
        int32_t c = masked[i];

        if (c < 0x80)
            snprintf(text, sizeof text, "a%cb", (int)c);
        else if (c < 0x800)
            snprintf(text, sizeof text, "a%c%cb", 0xc0 | c >> 6, 0x80 | (c & 0x3f));
        else if (c < 0x10000)
            snprintf(text, sizeof text, "a%c%c%cb", 0xe0 | c >> 12, 0x80 | (c >> 6 & 0x3f), 0x80 | (c & 0x3f));
        else
            snprintf(text, sizeof text, "a%c%c%c%cb", 0xf0 | c >> 18, 0x80 | (c >> 12 & 0x3f), 0x80 | (c >> 6 & 0x3f),
                     0x80 | (c & 0x3f));
        expect_clean(text, true, "a?b");
        expect_clean(text, false, "a?b");
    }
}

// Where the locale is not UTF-8: what is like it, or else as JSON would write it, so that names stay apart.
static void test_fallback(void **state)
{
    (void)state;
    expect_clean("größ, e\u0301té, ﬁn", false, "gro\\u00df, ete, fin");
    expect_clean("डा", false, "\\u0921\\u093e");
    expect_clean("✓ \U0001f600", false, "\\u2713 \\U0001f600");
    expect_clean("a\u00a0b", false, "a b");
}

// Never inside of a character, which a letter and its marks are together, and a picture joined of several.
static void test_cuts(void **state)
{
    static const char *const texts[] = {"डाउनलोड", "e\u0301te\u0301", (FAMILY "x"), "日本", "a\xff\xe2\x82", ""};

    (void)state;
    assert_int_equal(text_cut("e\u0301te\u0301", 1), 3);
    assert_int_equal(text_cut("डाउनलोड", 1), 0);
    assert_int_equal(text_cut("डाउनलोड", 2), 6);
    assert_int_equal(text_cut(FAMILY "x", 5), 0);
    assert_int_equal(text_cut(FAMILY "x", 6), strlen(FAMILY));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (size_t most = 0; most < strlen(texts[i]) + 3; most++) {
            size_t length = utf8_clip(texts[i], most), at = 0;
            unsigned width;

            assert_true(length <= most);
            while (at < length)
                at += utf8_character(texts[i] + at, &width);
            assert_int_equal(at, length);
            // As much as there is room for.
            assert_true(texts[i][length] == '\0' || length + utf8_character(texts[i] + length, &width) > most);
        }
    }
    assert_int_equal(utf8_valid("日本", 6), 6);
    assert_int_equal(utf8_valid("日\xe6\x9c", 5), 3);
}

static void expect_wrapped(const char *text, size_t column, size_t indent, size_t width, const char *expected)
{
    char *written = NULL;
    size_t length;
    FILE *out = open_memstream(&written, &length);

    assert_non_null(out);
    text_wrap(out, text, column, indent, width);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(written, expected);
    free(written);
}

static void test_wrap(void **state)
{
    (void)state;
    expect_wrapped("one two three", 0, 2, 8, "one two\n  three\n");
    expect_wrapped("one two three", 0, 2, 0, "one two three\n");
    expect_wrapped("it takes 20 ms or so", 0, 0, 11, "it takes\n20 ms or so\n");
    expect_wrapped("abcdefghij", 0, 2, 6, "abcdef\n  ghij\n");
    expect_wrapped("x", 30, 4, 10, "\n    x\n");
    expect_wrapped("日本", 0, 5, 2, "日\n本\n");
    expect_wrapped("", 0, 0, 5, "\n");
    expect_wrapped("डाउनलोड", 0, 0, 4, "डाउन\nलोड\n");
    expect_wrapped("abc " FAMILY " y", 0, 2, 5, "abc\n  " FAMILY "\n  y\n"); // wider than any line could be
    expect_wrapped("abc " FAMILY "y", 0, 2, 5, "abc\n  " FAMILY "\n  y\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_repair), cmocka_unit_test(test_text),     cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_masked), cmocka_unit_test(test_fallback), cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_wrap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

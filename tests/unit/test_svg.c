// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/render/svg.h"
#include "reports/render/svg_scale.h"
#include "reports/render/svg_series.h"

static void test_places(void **state)
{
    struct svg_scale linear = svg_scale_for(50, 100, METRIC_NS, 10, 110),
                     log = svg_scale_for(1, 1000, METRIC_NS, 0, 300);

    (void)state;
    assert_false(linear.log);
    assert_true(fabs(svg_scale_at(&linear, 0) - 10) < 1e-9);
    assert_true(fabs(svg_scale_at(&linear, 104) - 110) < 1e-9);
    assert_true(fabs(svg_scale_at(&linear, 52) - 60) < 1e-9);
    assert_true(log.log);
    // Equal ratios are equal distances.
    assert_true(fabs((svg_scale_at(&log, 10) - svg_scale_at(&log, 1)) -
                     (svg_scale_at(&log, 100) - svg_scale_at(&log, 10))) < 1e-9);
    // What is outside stays at the end.
    assert_true(svg_scale_at(&log, 0) == 0);
    assert_true(svg_scale_at(&log, 1e9) == 300);
}

// Ticks ascend, lie on the axis, are as few as asked for, and are 1, 2 or 5 times a power of ten, or powers of two.
static void test_ticks(void **state)
{
    static const enum metric_unit units[] = {METRIC_NS, METRIC_BYTES, METRIC_SHARE};

    (void)state;
    srand(1);
    for (int i = 0; i < 20000; i++) {
        enum metric_unit unit = units[i % 3];
        double least = pow(10, rand() % 12 - 1) * (1 + rand() % 900 / 100.0),
               most = least * (1 + rand() % 4000 / 100.0);
        struct svg_scale scale = i % 2 == 0 ? svg_scale_for(least, most, unit, 0, 400)
                                            : svg_scale_log(least, most, unit, 0, 400);
        double ticks[SVG_TICKS];
        size_t n = svg_scale_ticks(&scale, 8, ticks);

        assert_in_range(n, 2, SVG_TICKS);
        for (size_t k = 0; k < n; k++) {
            double mantissa = ticks[k] / pow(10, floor(log10(ticks[k]) + 1e-9)), octave = log2(ticks[k]);
            bool whole = fabs(mantissa - round(mantissa)) < 1e-6;

            assert_true(k == 0 || ticks[k] > ticks[k - 1]);
            assert_true(ticks[k] >= scale.low * (1 - 1e-9) && ticks[k] <= scale.high * (1 + 1e-9));
            if (scale.log && n >= 3 && unit != METRIC_BYTES && ticks[0] > 0 && ticks[n - 1] / ticks[0] >= 10)
                assert_true(whole);
            if (scale.log && n >= 3 && unit == METRIC_BYTES && ticks[n - 1] / ticks[0] >= 16)
                assert_true(fabs(octave - round(octave)) < 1e-9);
        }
    }
}

static void test_widths(void **state)
{
    (void)state;
    assert_true(svg_text_width("") == 0);
    assert_true(svg_text_width("ii") < svg_text_width("WW"));
    assert_true(fabs(svg_text_width("漢") - SVG_FONT) < 1e-9); // 1 em
    assert_true(fabs(svg_text_width("0123456789") - 10 * svg_text_width("7")) < 1e-9);
    // Between two characters.
    assert_int_equal(svg_text_fit("éé", svg_text_width("é") * 1.5), 2);
    assert_int_equal(svg_text_fit("abc", 1000), 3);
    assert_int_equal(svg_text_fit("abc", 0), 0);
}

static void test_series_are_told_apart(void **state)
{
    (void)state;
    for (int a = 0; a < 40; a++) {
        for (int b = 0; b < a; b++) {
            assert_false(strcmp(series_color(a), series_color(b)) == 0 && strcmp(series_mark(a), series_mark(b)) == 0);
        }
    }
}

static void test_a_drawing(void **state)
{
    struct svg svg;
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    (void)state;
    assert_int_equal(svg_open(&svg, true), 0);
    svg_text(&svg, -0.04, 12.34, SVG_END, SVG_INK_TEXT, "a<b & \"c\"\x01");
    svg_text_within(&svg, 0, 30, SVG_START, SVG_INK_TEXT, "much too long for so little room", 60);
    assert_int_equal(svg_close(&svg, out, "x", "<title>", NULL), 0);
    fclose(out);
    assert_non_null(strstr(text, "x=\"0\" y=\"12.3\""));
    assert_non_null(strstr(text, ">a&lt;b &amp; &quot;c&quot;?<"));
    assert_non_null(strstr(text, "much to"));
    assert_non_null(strstr(text, "…"));
    assert_null(strstr(text, "room"));
    assert_non_null(strstr(text, "&lt;title&gt;"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),    cmocka_unit_test(test_ticks),
        cmocka_unit_test(test_widths),    cmocka_unit_test(test_series_are_told_apart),
        cmocka_unit_test(test_a_drawing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

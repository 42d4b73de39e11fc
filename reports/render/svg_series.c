// SPDX-License-Identifier: MIT
#include "reports/render/svg_series.h"

#include <stddef.h>

#define OF(table, series) ((table)[(size_t)(series) % (sizeof(table) / sizeof *(table))])

const char *series_color(int series)
{
    // Blue, vermilion, bluish green, orange, reddish purple, sky blue, yellow; their black is the text's.
    static const char *const colors[] = {"#0072b2", "#d55e00", "#009e73", "#e69f00", "#cc79a7", "#56b4e9", "#f0e442"};

    return OF(colors, series);
}

const char *series_mark(int series)
{
    static const char *const marks[] = {
        "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z",              // circle
        "m-3.2-3.2h6.4v6.4h-6.4z",                                   // square
        "m0-4.4l4.2 7.4h-8.4z",                                      // triangle
        "m0-4.6l4.6 4.6l-4.6 4.6l-4.6-4.6z",                         // diamond
        "m0 4.4l4.2-7.4h-8.4z",                                      // triangle, pointing down
        "m-1.3-4h2.6v2.7h2.7v2.6h-2.7v2.7h-2.6v-2.7h-2.7v-2.6h2.7z", // plus
        "m-4-2.2l1.8-1.8l2.2 2.2l2.2-2.2l1.8 1.8l-2.2 2.2l2.2 2.2l-1.8 1.8l-2.2-2.2l-2.2 2.2l-1.8-1.8l2.2-2.2z", // cross
        "m-4.4 0l4.4-2.4l4.4 2.4l-4.4 2.4z", // flat diamond
        "m-2.2-4.2h4.4v8.4h-4.4z",           // post
    };

    return OF(marks, series);
}

const char *series_dash(int series)
{
    static const char *const dashes[] = {NULL, "6 2", "2 2", "8 2 2 2", "4 4"};

    return OF(dashes, series);
}

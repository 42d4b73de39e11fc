// SPDX-License-Identifier: MIT
#include "reports/render/svg_series.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define OF(table, i) ((table)[(size_t)(i) % (sizeof(table) / sizeof *(table))])
#define SERIES(color, mark) ((mark)*COLORS + (color))

// Blue, vermilion, bluish green, orange, reddish purple, sky blue, yellow; in place of their black, which is the text's, grey.
enum { BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, YELLOW, GREY, COLORS };

enum { CIRCLE, SQUARE, TRIANGLE, DIAMOND, DOWN, PLUS, CROSS, FLAT, POST, MARKS };

// What is alike has one colour: threads of any language blue, loops that call back purple, coroutines sky blue.
static const struct {
    const char *model;
    int series;
} known[] = {
    {"sequential", SERIES(GREY, CIRCLE)},
    {"threads", SERIES(BLUE, SQUARE)},
    {"gil", SERIES(VERMILION, TRIANGLE)},
    {"processes", SERIES(ORANGE, DIAMOND)},
    {"eventloop", SERIES(PURPLE, DOWN)},
    {"async", SERIES(SKY, PLUS)},
    {"green", SERIES(GREEN, CROSS)},
    {"thread-per-task", SERIES(BLUE, CIRCLE)},
    {"process-per-task", SERIES(ORANGE, CIRCLE)},
    {"processes-shm", SERIES(ORANGE, SQUARE)},
    {"eventloop-offload", SERIES(PURPLE, CIRCLE)},
    {"eventloop-multi", SERIES(PURPLE, SQUARE)},
    {"green-copy", SERIES(GREEN, CIRCLE)},
    {"green-multi", SERIES(GREEN, SQUARE)},
    {"null", SERIES(GREY, FLAT)},
    {"python-loop", SERIES(GREY, SQUARE)},
    {"python-threads", SERIES(VERMILION, SQUARE)},
    {"python-thread-per-task", SERIES(VERMILION, CIRCLE)},
    {"python-processes", SERIES(ORANGE, TRIANGLE)},
    {"asyncio", SERIES(SKY, CIRCLE)},
    {"asyncio-threads", SERIES(SKY, SQUARE)},
    {"uvloop", SERIES(SKY, TRIANGLE)},
    {"trio", SERIES(SKY, DIAMOND)},
    {"curio", SERIES(SKY, DOWN)},
    {"twisted", SERIES(PURPLE, TRIANGLE)},
    {"gevent", SERIES(GREEN, TRIANGLE)},
    {"eventlet", SERIES(GREEN, DIAMOND)},
    {"go", SERIES(BLUE, DIAMOND)},
    {"go-loop", SERIES(GREY, DIAMOND)},
    {"node", SERIES(PURPLE, DIAMOND)},
    {"node-loop", SERIES(GREY, TRIANGLE)},
};

#define KNOWN (sizeof known / sizeof *known)

int series_of_model(const char *model)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (strcmp(known[i].model, model) == 0)
            return known[i].series;
    return -1;
}

static bool is_taken(int series)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (known[i].series == series)
            return true;
    return false;
}

int series_left(int number)
{
    // Green is what two models are called after: nobody else is.
    static const int colors[] = {YELLOW, VERMILION, SKY, ORANGE, PURPLE, BLUE, GREY};
    static const int left = (int)(sizeof colors / sizeof *colors);

    for (int i = 0;; i = (i + 1) % (left * MARKS)) {
        int series = SERIES(colors[i % left], i / left);

        if (!is_taken(series) && number-- == 0)
            return series;
    }
}

const char *series_color(int series)
{
    static const char *const colors[COLORS] = {"#0072b2", "#d55e00", "#009e73", "#e69f00",
                                               "#cc79a7", "#56b4e9", "#f0e442", "#999999"};

    return OF(colors, series);
}

const char *series_mark(int series)
{
    static const char *const marks[MARKS] = {
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

    return OF(marks, series / COLORS);
}

const char *series_dash(int series)
{
    static const char *const dashes[MARKS] = {NULL, "6 2", "2 2", "8 2 2 2", "4 4", "1 2", "10 3 3 3", "3 1", "12 4"};

    return OF(dashes, series / COLORS);
}

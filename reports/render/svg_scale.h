// SPDX-License-Identifier: MIT
// Where on an axis a figure is, and which figures are written at it.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "reports/document/metrics.h"

struct svg;

struct svg_scale {
    bool log;
    double low, high;  // figures at its ends
    double begin, end; // px there
    enum metric_unit unit;
};

// For figures from `least` to `most` (both finite): from zero where that leaves them apart, else, and where they span more than
// a decade, by their logarithm, with some room at both ends. `begin` and `end` in px.
struct svg_scale svg_scale_for(double least, double most, enum metric_unit unit, double begin, double end);
// By the logarithm in any case, over an octave at least: of what may not be 0.
struct svg_scale svg_scale_log(double least, double most, enum metric_unit unit, double begin, double end);
// Linear, through zero in any case: of what may be negative.
struct svg_scale svg_scale_through_zero(double least, double most, enum metric_unit unit, double begin, double end);

// Its place, inside of the axis where the figure is not.
double svg_scale_at(const struct svg_scale *scale, double figure);

// Figures at which to put ticks: 1, 2 or 5 times a power of ten (of bytes: powers of two), at most `room`, ascending. The
// loose labels of Paul S. Heckbert, "Nice Numbers for Graph Labels", Graphics Gems (1990).
#define SVG_TICKS 24
size_t svg_scale_ticks(const struct svg_scale *scale, size_t room, double ticks[SVG_TICKS]);

// What is written at a tick.
#define SVG_TICK_TEXT 40
char *svg_scale_label(const struct svg_scale *scale, double tick, char buf[SVG_TICK_TEXT]);

// "log scale", "from 0", "linear" where 0 is inside.
const char *svg_scale_in_words(const struct svg_scale *scale);

// Draws a horizontal axis at y, below it `name` (may be NULL) and of which scale it is, its ticks up to `top` as faint lines; labels that would touch are left out.
void svg_scale_draw(struct svg *svg, const struct svg_scale *scale, double y, double top, const char *name);
// How high axis, labels and name are.
#define SVG_AXIS_HEIGHT 40.0

// SPDX-License-Identifier: MIT
// A chart of a sweep while it is drawn: a line for each model.
#pragma once

#include "reports/document/metrics.h"
#include "reports/document/sweep_view.h"
#include "reports/render/svg_scale.h"

struct svg;

// Above the plot, for the numbers of the crossovers.
#define CHART_LINES_STRIP 18.0

struct chart_lines {
    struct svg *svg;
    const struct sweep_view *view;
    const struct metric *metric; // NULL: what models are ranked by where tasks arrive at times of their own
    struct svg_scale x, y;
    double top; // of the plot
};

// A model's figure at a point, NAN where there is none, and where both are drawn.
double chart_lines_figure(const struct chart_lines *lines, size_t model, size_t point);
double chart_lines_x(const struct chart_lines *lines, size_t point);
double chart_lines_y(const struct chart_lines *lines, size_t model, size_t point);

// Marks where a model overtakes another so that the fastest changes, with a number each, and names them below. 0 or -ENOMEM.
int chart_lines_crossovers(const struct chart_lines *lines);

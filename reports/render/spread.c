// SPDX-License-Identifier: MIT
#include "reports/render/spread.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "measure/base/text.h"
#include "measure/base/units.h"
#include "reports/document/fields.h"
#include "reports/document/histogram.h"
#include "reports/findings/figures.h"

#define BINS (SPREAD_WIDTH - 1)
// Less than this of a task is only the edge of a bucket that sticks out of the bin beside.
#define LEAST_PART 0.05

// By height, from none; as many of the first as there are.
static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const ascii[] = {" ", ".", ":", "-", "=", "#"};

struct axis {
    uint64_t low_ns, high_ns;
};

// False: no cell has a histogram.
static bool axis_of(const cJSON *block, struct axis *ret_axis)
{
    struct axis axis = {UINT64_MAX, 0};
    const cJSON *cell;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        struct histogram_view view;

        if (!histogram_of(cell, HISTOGRAM_LATENCY, &view))
            continue;
        axis.low_ns = view.min_ns < axis.low_ns ? view.min_ns : axis.low_ns;
        axis.high_ns = view.max_ns > axis.high_ns ? view.max_ns : axis.high_ns;
    }
    if (axis.low_ns > axis.high_ns)
        return false;
    *ret_axis = axis;
    return true;
}

bool spread_applies(const cJSON *block)
{
    struct axis axis;

    return axis_of(block, &axis);
}

static size_t bin_of(const double *edges, double ns)
{
    size_t bin = 0;

    while (bin + 1 < BINS && ns >= edges[bin + 1])
        bin++;
    return bin;
}

// 0 … heights, and 0 only where there is nothing.
static size_t height_of(double count, double most, size_t heights)
{
    double height = count >= LEAST_PART ? ceil((double)heights * count / most - 1e-9) : 0;

    return height > 0 ? (size_t)fmin(height, (double)heights) : 0;
}

static void write_bars(FILE *out, const cJSON *block, const cJSON *cell, const char *const *bars, size_t heights)
{
    double edges[BINS + 1], counts[BINS], most = 0;
    struct histogram_view view;
    struct axis axis;
    size_t last;

    if (!histogram_of(cell, HISTOGRAM_LATENCY, &view) || !axis_of(block, &axis))
        return;
    histogram_edges(axis.low_ns, axis.high_ns, BINS, edges);
    histogram_bins(view, edges, BINS, counts);
    last = bin_of(edges, (double)view.max_ns);
    for (size_t i = 0; i < BINS; i++)
        most = fmax(most, counts[i]);
    for (size_t i = 0; i <= last; i++) {
        size_t height = height_of(counts[i], most, heights);

        fputs(bars[height == 0 && i == last ? 1 : height], out);
    }
    fputc('|', out);
}

void spread_write(FILE *out, const cJSON *document, const cJSON *block, const cJSON *cell)
{
    (void)document;
    write_bars(out, block, cell, blocks, sizeof blocks / sizeof *blocks - 1);
}

void spread_write_ascii(FILE *out, const cJSON *document, const cJSON *block, const cJSON *cell)
{
    (void)document;
    write_bars(out, block, cell, ascii, sizeof ascii / sizeof *ascii - 1);
}

// The columns that write_duration() takes.
static size_t width_of(uint64_t ns)
{
    char text[UNITS_TEXT];

    return strlen(units_format_duration(text, (double)ns));
}

void spread_write_axis(FILE *out, const cJSON *block)
{
    struct axis axis;
    size_t width;

    if (!axis_of(block, &axis))
        return;
    width = width_of(axis.low_ns) + width_of(axis.high_ns);
    write_duration(out, (double)axis.low_ns);
    text_spaces(out, width < BINS ? BINS - width : 1);
    write_duration(out, (double)axis.high_ns);
}

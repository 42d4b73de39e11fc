// SPDX-License-Identifier: MIT
#include "reports/render/svg_scale.h"

#include <math.h>
#include <stdio.h>

#include "measure/base/units.h"
#include "reports/findings/figures.h"
#include "reports/render/svg.h"

// Above this ratio of the figures small ones would be at zero.
#define SPANS_DECADES 8
#define FEWEST_TICKS 3
#define TICK_APART 8 // px between two labels
#define TICK_LENGTH 4

struct svg_scale svg_scale_for(double least, double most, enum metric_unit unit, double begin, double end)
{
    struct svg_scale scale = {.low = 0, .high = most * 1.04, .begin = begin, .end = end, .unit = unit};

    if (least > 0 && most / least >= SPANS_DECADES)
        return svg_scale_log(least, most, unit, begin, end);
    if (!(scale.high > scale.low))
        scale.high = scale.low + 1;
    return scale;
}

struct svg_scale svg_scale_log(double least, double most, enum metric_unit unit, double begin, double end)
{
    double room = fmax(pow(most / least, 0.04), sqrt(2 * least / most));

    return (struct svg_scale){
        .log = true, .low = least / room, .high = most * room, .begin = begin, .end = end, .unit = unit};
}

struct svg_scale svg_scale_through_zero(double least, double most, enum metric_unit unit, double begin, double end)
{
    double low = fmin(least, 0), high = fmax(most, 0), room = 0.04 * (high - low);

    if (room == 0)
        room = 1;
    return (struct svg_scale){.low = low - room, .high = high + room, .begin = begin, .end = end, .unit = unit};
}

double svg_scale_at(const struct svg_scale *scale, double figure)
{
    double part = scale->log ? log(fmax(figure, scale->low) / scale->low) / log(scale->high / scale->low)
                             : (figure - scale->low) / (scale->high - scale->low);

    return scale->begin + fmin(fmax(part, 0), 1) * (scale->end - scale->begin);
}

static double nice_step(double rough, bool binary)
{
    double power = binary ? exp2(ceil(log2(rough))) : pow(10, floor(log10(rough)));

    if (binary || rough <= power)
        return power;
    return rough <= 2 * power ? 2 * power : rough <= 5 * power ? 5 * power : 10 * power;
}

static size_t linear_ticks(const struct svg_scale *scale, size_t room, double ticks[SVG_TICKS])
{
    double step = nice_step((scale->high - scale->low) / (double)room, scale->unit == METRIC_BYTES);
    double first = ceil(scale->low / step - 1e-9);
    size_t n = 0;

    for (; n < SVG_TICKS && (first + (double)n) * step <= scale->high * (1 + 1e-9); n++)
        ticks[n] = (first + (double)n) * step;
    return n;
}

// Of each decade its 1, or 1, 2 and 5 where that is not too many; of bytes powers of 2, 4, 8, ….
static size_t log_ticks(const struct svg_scale *scale, size_t room, double ticks[SVG_TICKS])
{
    static const double decade[] = {1, 2, 5};
    bool binary = scale->unit == METRIC_BYTES;
    double decades = log10(scale->high / scale->low), octaves = log2(scale->high / scale->low);
    size_t per_decade = decades * 3 <= (double)room ? 3 : 1, n = 0;
    double every = binary ? fmax(1, ceil(octaves / (double)room)) : fmax(1, ceil(decades / (double)room));
    double base = binary ? exp2(every) : pow(10, every);
    double power = pow(base, floor(log(scale->low) / log(base) + 1e-9));

    for (; power <= scale->high; power *= base) {
        for (size_t i = 0; i < (binary ? 1 : per_decade); i++) {
            double tick = power * decade[i];

            if (tick >= scale->low && tick <= scale->high && n < SVG_TICKS)
                ticks[n++] = tick;
        }
    }
    return n;
}

size_t svg_scale_ticks(const struct svg_scale *scale, size_t room, double ticks[SVG_TICKS])
{
    size_t n = scale->log ? log_ticks(scale, room, ticks) : 0;

    return n >= FEWEST_TICKS ? n : linear_ticks(scale, room, ticks); // between 5 and 7 ms there is no 1, 2 or 5
}

char *svg_scale_label(const struct svg_scale *scale, double tick, char buf[SVG_TICK_TEXT])
{
    FILE *out = fmemopen(buf, SVG_TICK_TEXT, "w");

    buf[0] = '\0';
    if (out == NULL)
        return buf;
    if (tick == 0)
        fputs("0", out);
    else
        write_figure(out, scale->unit, tick);
    fclose(out);
    return buf;
}

const char *svg_scale_in_words(const struct svg_scale *scale)
{
    return scale->log ? "log scale" : scale->low < 0 ? "linear" : "from 0";
}

void svg_scale_draw(struct svg *svg, const struct svg_scale *scale, double y, double top, const char *name)
{
    double ticks[SVG_TICKS], taken = -INFINITY;
    size_t n = svg_scale_ticks(scale, (size_t)((scale->end - scale->begin) / 55) + 1, ticks);
    char label[SVG_TICK_TEXT], label_below[96];

    svg_line(svg, scale->begin, y, scale->end, y, SVG_INK_TEXT, 1, 0);
    for (size_t i = 0; i < n; i++) {
        double x = svg_scale_at(scale, ticks[i]), half = svg_text_width(svg_scale_label(scale, ticks[i], label)) / 2;

        svg_line(svg, x, top, x, y, SVG_INK_FAINT, 0.5, 0);
        svg_line(svg, x, y, x, y + TICK_LENGTH, SVG_INK_TEXT, 1, 0);
        if (x - half < taken + TICK_APART || x + half > SVG_WIDTH || x - half < 0)
            continue;
        svg_text(svg, x, y + TICK_LENGTH + SVG_FONT, SVG_MIDDLE, SVG_INK_TEXT, label);
        taken = x + half;
    }
    snprintf(label_below, sizeof label_below, "%s%s%s", name != NULL ? name : "", name != NULL ? ", " : "",
             svg_scale_in_words(scale));
    svg_text(svg, (scale->begin + scale->end) / 2, y + TICK_LENGTH + SVG_FONT + SVG_LINE, SVG_MIDDLE, SVG_INK_FAINT,
             label_below);
}

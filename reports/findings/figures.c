// SPDX-License-Identifier: MIT
#include "reports/findings/figures.h"

#include <math.h>
#include <string.h>

#include "measure/base/units.h"

void write_duration(FILE *out, double ns)
{
    char text[UNITS_TEXT];
    size_t length;

    if (isnan(ns))
        return;
    units_format_duration(text, ns);
    length = strlen(text);
    if (length > 3 && strcmp(text + length - 3, " us") == 0)
        fprintf(out, "%.*sµs", (int)length - 2, text);
    else
        fputs(text, out);
}

void write_bytes(FILE *out, double bytes)
{
    char text[UNITS_TEXT];

    if (!isnan(bytes))
        fputs(units_format_bytes(text, bytes), out);
}

void write_count(FILE *out, double count)
{
    char text[UNITS_TEXT];

    if (!isnan(count))
        fputs(units_format_count(text, (uint64_t)llround(count)), out);
}

void write_percent(FILE *out, double share)
{
    double percent = 100 * share;

    if (!isnan(share))
        fprintf(out, "%.*f %%", percent < 9.95 ? 1 : 0, percent);
}

void write_ratio(FILE *out, double ratio)
{
    if (!isnan(ratio))
        fprintf(out, "%.*f", ratio < 9.995 ? 2 : ratio < 99.95 ? 1 : 0, ratio);
}

void write_rate(FILE *out, double per_s)
{
    double unit;

    if (isnan(per_s))
        return;
    if (per_s < 999.5) {
        fprintf(out, "%.*f", per_s < 9.995 ? 2 : per_s < 99.95 ? 1 : 0, per_s);
        return;
    }
    unit = pow(10, floor(log10(per_s)) - 2);
    write_count(out, round(per_s / unit) * unit);
}

void write_per_second(FILE *out, double per_s)
{
    write_rate(out, per_s);
    fputs(isnan(per_s) ? "" : "/s", out);
}

void write_figure(FILE *out, enum metric_unit unit, double value)
{
    static void (*const writers[])(FILE * out, double value) = {
        [METRIC_NS] = write_duration,   [METRIC_BYTES] = write_bytes, [METRIC_COUNT] = write_count,
        [METRIC_QUANTITY] = write_rate, [METRIC_PER_S] = write_rate,  [METRIC_SHARE] = write_percent,
        [METRIC_RATIO] = write_ratio,
    };

    writers[unit](out, value);
}

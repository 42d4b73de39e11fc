// SPDX-License-Identifier: MIT
#include "reports/findings/claims_figure.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/document/fields.h"

char *claims_value_text(const char *unit, double value, char buf[UNITS_TEXT])
{
    if (isnan(value))
        snprintf(buf, UNITS_TEXT, "n/a");
    else if (strcmp(unit, "ns") == 0)
        units_format_duration(buf, value);
    else if (strcmp(unit, "bytes") == 0)
        units_format_bytes(buf, value);
    else if (strcmp(unit, "share") == 0)
        snprintf(buf, UNITS_TEXT, "%.3g %%", 100 * value);
    else if (fabs(value) >= 1000 && fabs(value) < 1e15)
        snprintf(buf, UNITS_TEXT, "%.0f", value);
    else
        snprintf(buf, UNITS_TEXT, "%.3g", value);
    return buf;
}

const char *claims_suffix(const cJSON *figure)
{
    const char *unit = field_text(figure, "unit");

    return strcmp(unit, "ratio") == 0 ? " ×" : strcmp(unit, "per_s") == 0 ? "/s" : "";
}

char *claims_figure_text(const cJSON *figure, char buf[CLAIMS_FIGURE_TEXT])
{
    const char *unit = field_text(figure, "unit");
    double low = field_number(figure, "low"), high = field_number(figure, "high");
    char median[UNITS_TEXT], least[UNITS_TEXT], most[UNITS_TEXT];

    claims_value_text(unit, field_number(figure, "median"), median);
    if (isnan(field_number(figure, "median")) || isnan(low) || isnan(high))
        snprintf(buf, CLAIMS_FIGURE_TEXT, "%s%s", median, strcmp(median, "n/a") != 0 ? claims_suffix(figure) : "");
    else
        snprintf(buf, CLAIMS_FIGURE_TEXT, "%s%s (%s to %s)", median, claims_suffix(figure),
                 claims_value_text(unit, low, least), claims_value_text(unit, high, most));
    return buf;
}

char *claims_bound_text(const cJSON *figure, const char *name, char buf[CLAIMS_FIGURE_TEXT])
{
    const cJSON *bound = strcmp(name, "refuted") == 0 ? field(figure, "refuted") : field(figure, "confirmed");
    const cJSON *most = field(bound, "at_most"), *number = most != NULL ? most : field(bound, "at_least");
    char text[UNITS_TEXT];

    snprintf(buf, CLAIMS_FIGURE_TEXT, "%s %s%s", most != NULL ? "at most" : "at least",
             claims_value_text(field_text(figure, "unit"), number != NULL ? number->valuedouble : NAN, text),
             claims_suffix(figure));
    return buf;
}

// SPDX-License-Identifier: MIT
#include "reports/findings/capacity.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/figures.h"
#include "reports/findings/wording.h"

// From where on an interval is called wide: the search narrows it down to 1.1.
#define WIDE 1.15

bool capacity_of(const cJSON *cell, double *ret_low, double *ret_high)
{
    *ret_low = field_number(cell, "capacity.low_per_s");
    *ret_high = field_number(cell, "capacity.high_per_s");
    return field(cell, "capacity") != NULL;
}

// " within p99<=50ms and page.p50<=10ms"; nothing where nothing is required.
static void write_rule(FILE *out, const cJSON *document)
{
    const cJSON *text;
    const char *lead = "Within ";

    cJSON_ArrayForEach(text, field(document, "plan.require")) {
        fprintf(out, "%s%s", lead, cJSON_IsString(text) ? text->valuestring : "");
        lead = " and ";
    }
    fputs(*lead == ' ' ? ", " : "", out);
}

static bool has_interval(const cJSON *cell)
{
    double low, high;

    return cell_ok(cell) && capacity_of(cell, &low, &high) && !isnan(low) && !isnan(high);
}

void capacity_say(FILE *out, const cJSON *document, const cJSON *block)
{
    const cJSON *cell;
    double low, high;
    bool any = false;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (!has_interval(cell))
            continue;
        capacity_of(cell, &low, &high);
        if (!any)
            write_rule(out, document);
        fprintf(out, "%s%s ", any ? ", " : "", field_text(cell, "model"));
        if (!any)
            fputs(names_are_plural(&cell, 1) ? "carry " : "carries ", out);
        write_per_second(out, low);
        fputs(" to ", out);
        write_per_second(out, high);
        any = true;
    }
    fputs(any ? "." : "", out);
}

// Why the search did not go on; NULL: there was nothing left to probe.
static const char *cut_short(const cJSON *cell)
{
    return field_is(cell, "capacity.stopped", "time limit")    ? "the time was up (--time-limit)"
           : field_is(cell, "capacity.stopped", "interrupted") ? "it was interrupted"
           : field_is(cell, "capacity.stopped", "faults")      ? "trials gave no result"
                                                               : NULL;
}

static void write_end(FILE *out, const cJSON *cell)
{
    double low, high;

    capacity_of(cell, &low, &high);
    if (isnan(low) && isnan(high)) {
        fputs("of ", out);
        write_names(out, &cell, 1, "and");
        fputs(" nothing is shown", out);
        return;
    }
    write_names(out, &cell, 1, "and");
    fputs(names_are_plural(&cell, 1) ? " carry" : " carries", out);
    fputs(isnan(low) ? " not even " : " at least ", out);
    write_per_second(out, isnan(low) ? high : low);
    if (cut_short(cell) != NULL)
        fprintf(out, " (%s)", cut_short(cell));
}

void capacity_say_one_end(FILE *out, const cJSON *document, const cJSON *block)
{
    const cJSON *cell;
    double low, high;
    bool any = false, said = false; // said: within what

    cJSON_ArrayForEach(cell, field(block, "cells"))
        said |= has_interval(cell);
    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (!cell_ok(cell) || !capacity_of(cell, &low, &high) || has_interval(cell))
            continue;
        if (any)
            fputs("; ", out);
        else if (!said)
            write_rule(out, document);
        write_end(out, cell);
        any = true;
    }
    fputs(any ? "." : "", out);
}

void capacity_say_wide(FILE *out, const cJSON *document, const cJSON *block)
{
    const cJSON *cell;
    double low, high;
    bool any = false;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (!cell_ok(cell) || !capacity_of(cell, &low, &high) || !(high > WIDE * low))
            continue;
        fprintf(out, "%s%s: %s", any ? "; " : "The interval is wide of ", field_text(cell, "model"),
                cut_short(cell) != NULL ? cut_short(cell)
                                        : "between them trials lie on both sides of what is required");
        any = true;
    }
    fputs(any ? "." : "", out);
}

int capacity_status(const cJSON *document)
{
    const cJSON *block, *cell;
    double low, high;
    int status = 0;

    cJSON_ArrayForEach(block, field(document, "workloads")) {
        cJSON_ArrayForEach(cell, field(block, "cells")) {
            if (!cell_ok(cell) || !capacity_of(cell, &low, &high))
                continue;
            if (isnan(low) && !isnan(high) && cut_short(cell) == NULL)
                return 1;
            status = isnan(low) || isnan(high) ? 3 : status;
        }
    }
    return status;
}

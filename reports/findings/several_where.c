// SPDX-License-Identifier: MIT
#include "reports/findings/several_where.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdbool.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/document/several.h"

size_t several_count(const struct several_where *where, int what)
{
    size_t n = 0;

    for (size_t i = 0; i < where->n; i++)
        n += where->told[i] == what;
    return n;
}

size_t several_told(const struct several_where *where)
{
    return where->n - several_count(where, SEVERAL_UNTOLD);
}

void several_write_labels(FILE *out, const struct several_where *where, int what)
{
    size_t n = several_count(where, what), written = 0, i = 0;
    const cJSON *machine;

    cJSON_ArrayForEach(machine, where->machines) {
        if (where->told[i++] != what)
            continue;
        fprintf(out, "%s%s", written == 0 ? "" : written + 1 == n ? " and " : ", ", field_text(machine, "label"));
        written++;
    }
}

// The cores that all those have for which it holds, and none of the others that tell; NAN where there is no such number, or
// only one machine has it, whose name says more.
static double cores_of(const struct several_where *where, int what)
{
    const cJSON *place;
    double cores = NAN;
    size_t i = 0;

    cJSON_ArrayForEach(place, where->places) {
        if (where->told[i++] == what && isnan(cores))
            cores = field_number(place, "cores");
    }
    i = 0;
    cJSON_ArrayForEach(place, where->places) {
        bool same = field_number(place, "cores") == cores, holds = where->told[i] == what;

        if (where->told[i++] != SEVERAL_UNTOLD && same != holds)
            return NAN;
    }
    return several_count(where, what) > 1 ? cores : NAN;
}

// The one that tells.
static void write_only(FILE *out, const struct several_where *where)
{
    const cJSON *machine;
    size_t i = 0;

    cJSON_ArrayForEach(machine, where->machines) {
        if (where->told[i++] != SEVERAL_UNTOLD)
            fprintf(out, "on %s%s", field_text(machine, "label"), where->n > 1 ? ", the only one that tells" : "");
    }
}

static void write_all(FILE *out, const struct several_where *where, int what)
{
    size_t told = several_told(where);

    if (told == where->n && told == 2)
        fputs("on both", out);
    else if (told == where->n && told > 1)
        fprintf(out, "on all %zu", told);
    else if (told > 1)
        fprintf(out, "on all %zu (of %zu) that tell", told, where->n);
    else
        write_only(out, where);
}

static void write_some(FILE *out, const struct several_where *where, int what)
{
    bool many = where->n >= SEVERAL_MANY;
    double cores = cores_of(where, what);

    fputs("on ", out);
    if (!isnan(cores))
        fprintf(out, "those with %.4g core%s (", cores, text_plural(cores));
    if (many)
        fprintf(out, "%zu of %zu", several_count(where, what), several_told(where));
    else
        several_write_labels(out, where, what);
    if (many && several_told(where) < where->n)
        fputs(" that tell", out);
    fputs(isnan(cores) ? "" : ")", out);
}

void several_write_anywhere(FILE *out, const struct several_where *where)
{
    size_t told = several_told(where);

    if (told == where->n && told == 2)
        fputs("on either", out);
    else if (told == where->n && told > 2)
        fprintf(out, "on any of %zu", told);
    else if (told > 1)
        fprintf(out, "on any of the %zu (of %zu) that tell", told, where->n);
    else
        write_only(out, where);
}

void several_write_where(FILE *out, const struct several_where *where, int what)
{
    if (several_count(where, what) == several_told(where))
        write_all(out, where, what);
    else
        write_some(out, where, what);
}

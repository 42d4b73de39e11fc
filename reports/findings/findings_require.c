// SPDX-License-Identifier: MIT
#include "reports/findings/findings_require.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "reports/document/fields.h"
#include "reports/findings/figures.h"
#include "reports/findings/requirements.h"
#include "reports/findings/wording.h"

static const cJSON *judged(const cJSON *cell, int index)
{
    return cJSON_GetArrayItem(field(cell, "requirements"), index);
}

// The cells of one verdict, and of one reason where that is given.
static const cJSON **cells_of(const cJSON *block, int index, const char *verdict, const char *reason, size_t *ret_n)
{
    const cJSON **cells = calloc((size_t)cJSON_GetArraySize(field(block, "cells")) + 1, sizeof *cells);
    const cJSON *cell;

    *ret_n = 0;
    cJSON_ArrayForEach(cell, field(block, "cells")) {
        const cJSON *item = judged(cell, index);

        if (cells != NULL && item != NULL && field_is(item, "verdict", verdict) &&
            (reason == NULL || field_is(item, "reason", reason)))
            cells[(*ret_n)++] = cell;
    }
    return cells;
}

// "async and green (36.1 ms to 41.9 ms)": the least and the most of the medians.
static void write_figures(FILE *out, const cJSON *const *cells, size_t n, int index, enum metric_unit unit)
{
    double least = INFINITY, most = -INFINITY;

    for (size_t i = 0; i < n; i++) {
        double median = field_number(judged(cells[i], index), "median");

        least = fmin(least, median);
        most = fmax(most, median);
    }
    if (!isfinite(least))
        return;
    fputs(" (", out);
    write_figure(out, unit, least);
    if (most > least) {
        fputs(" to ", out);
        write_figure(out, unit, most);
    }
    fputs(unit == METRIC_PER_S ? "/s)" : ")", out);
}

static bool write_part(FILE *out, const cJSON *block, int index, enum metric_unit unit, const char *verdict,
                       const char *words)
{
    size_t n;
    const cJSON **cells = cells_of(block, index, verdict, NULL, &n);

    if (cells != NULL && n > 0) {
        fprintf(out, "%s ", words);
        write_names(out, cells, n, "and");
        write_figures(out, cells, n, index, unit);
    }
    free(cells);
    return n > 0;
}

// Each reason once, with those that it is said of.
static void write_unshown(FILE *out, const cJSON *block, int index, bool begun)
{
    const cJSON *cell;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        const char *reason = field_text(judged(cell, index), "reason");
        size_t n = 0;
        const cJSON **cells = reason != NULL ? cells_of(block, index, "not shown", reason, &n) : NULL;

        if (n > 0 && cells[0] == cell) {
            fputs(begun ? "; not shown of " : " not shown of ", out);
            write_names(out, cells, n, "and");
            fprintf(out, ": %s", reason);
            begun = true;
        }
        free(cells);
    }
}

void requirement_say(FILE *out, const cJSON *document, const cJSON *block, int index)
{
    const cJSON *text = cJSON_GetArrayItem(field(document, "plan.require"), index), *cell;
    char expected[REQUIREMENT_EXPECTED];
    struct requirement requirement;
    bool any = false, begun;

    cJSON_ArrayForEach(cell, field(block, "cells"))
        any |= judged(cell, index) != NULL;
    if (!any || !cJSON_IsString(text) ||
        requirement_parse(text->valuestring, strlen(text->valuestring), &requirement, expected) != 0)
        return;
    fprintf(out, "Required %s:", text->valuestring);
    begun = write_part(out, block, index, requirement.metric->unit, "broken", " broken by");
    begun |= write_part(out, block, index, requirement.metric->unit, "held", begun ? "; held by" : " held by");
    write_unshown(out, block, index, begun);
    fputc('.', out);
}

// SPDX-License-Identifier: MIT
#include "reports/findings/gate_wording.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "reports/document/fields.h"
#include "reports/document/metrics.h"

void gate_write_share(FILE *out, double share)
{
    double percent = 100 * share;

    if (isnan(share))
        fputs("n/a", out);
    else if (fabs(percent) < 0.05)
        fputs("0.0 %", out);
    else
        fprintf(out, fabs(percent) < 100 ? "%+.1f %%" : "%+.0f %%", percent);
}

static bool same_name(const cJSON *a, const cJSON *b)
{
    return field_is(a, "workload", field_text(b, "workload")) && field_is(a, "model", field_text(b, "model"));
}

void gate_write_cell(FILE *out, const cJSON *document, const cJSON *cell)
{
    const cJSON *other;
    bool ambiguous = false, pinned = false;

    fprintf(out, "%s %s", field_text(cell, "workload"), field_text(cell, "model"));
    cJSON_ArrayForEach(other, field(document, "cells"))
        ambiguous |= other != cell && same_name(other, cell) &&
                     (field_number(other, "tasks") != field_number(cell, "tasks") ||
                      field_number(other, "concurrency") != field_number(cell, "concurrency"));
    cJSON_ArrayForEach(other, field(document, "cells"))
        pinned |= other != cell && same_name(other, cell) && field_text(cell, "cpus") != NULL &&
                  !field_is(other, "cpus", field_text(cell, "cpus"));
    if (ambiguous)
        fprintf(out, " -n %.0f -c %.0f", field_number(cell, "tasks"), field_number(cell, "concurrency"));
    if (pinned)
        fprintf(out, " --cpus=%s", field_text(cell, "cpus"));
}

static const char *reason_of(const cJSON *cell, const cJSON *metric)
{
    const char *reason = field_text(metric != NULL ? metric : cell, "reason");

    return reason != NULL ? reason : "no reason given";
}

void gate_write_sentence(FILE *out, const cJSON *document, const cJSON *cell, const cJSON *metric)
{
    const char *reason = reason_of(cell, metric);

    gate_write_cell(out, document, cell);
    if (metric != NULL)
        fprintf(out, ", %s", metric_in_gate(metric)->label);
    fputs(": ", out);
    if (metric != NULL && field_is(metric, "verdict", "regression")) {
        gate_write_share(out, field_number(metric, "change"));
        fputs(", at least ", out);
        gate_write_share(out, field_number(metric, "least"));
        fputs(", allowed ", out);
        gate_write_share(out, field_number(metric, "allowed"));
        fprintf(out, " (%s)", reason);
    } else {
        fputs(reason, out);
    }
}

// Concluded is what is no one cell's own as it stands there.
static bool is_said_of_all(const cJSON *document, const char *reason)
{
    const cJSON *said;

    cJSON_ArrayForEach(said, field(document, "reasons")) {
        if (strcmp(said->valuestring, reason) == 0)
            return true;
    }
    return false;
}

void gate_write_reason(FILE *out, const cJSON *document, const cJSON *cell, const cJSON *metric)
{
    if (metric != NULL && is_said_of_all(document, reason_of(cell, metric)))
        fputs(reason_of(cell, metric), out);
    else
        gate_write_sentence(out, document, cell, metric);
}

const char *gate_side_name(const cJSON *document, const char *side)
{
    const char *server = field_text(field(document, side), "server");
    bool same = strcmp(field_text(document, "base.name"), field_text(document, "new.name")) == 0;

    return same && server != NULL ? server : field_text(field(document, side), "name");
}

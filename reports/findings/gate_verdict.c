// SPDX-License-Identifier: MIT
#include "reports/findings/gate_verdict.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/json.h"
#include "measure/base/signals.h"
#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/document/gate.h"
#include "reports/findings/gate_wording.h"

unsigned gate_count(const cJSON *document, const char *verdict)
{
    const cJSON *cell, *metric;
    unsigned n = 0;

    cJSON_ArrayForEach(cell, field(document, "cells")) {
        n += verdict != NULL && field_is(cell, "status", verdict);
        cJSON_ArrayForEach(metric, field(cell, "metrics")) {
            n += field_is(cell, "status", "compared") && (verdict == NULL || field_is(metric, "verdict", verdict));
        }
    }
    return n;
}

// A regression is what was looked for; a fault comes before a doubt.
static const char *verdict_of(const cJSON *document)
{
    static const char *const worst_first[] = {"regression", "failed", "inconclusive"};

    if (field(document, "interrupted") != NULL)
        return "interrupted";
    for (size_t i = 0; i < sizeof worst_first / sizeof *worst_first; i++) {
        if (gate_count(document, worst_first[i]) > 0)
            return worst_first[i];
    }
    return gate_count(document, NULL) == 0 ? "inconclusive" : "passed";
}

static int status_of(const cJSON *document, const char *verdict)
{
    if (strcmp(verdict, "interrupted") == 0)
        return 128 + signals_number(field_text(document, "interrupted"));
    if (strcmp(verdict, "regression") == 0)
        return 1;
    if (strcmp(verdict, "failed") == 0)
        return 4;
    if (strcmp(verdict, "inconclusive") != 0 || field_is(document, "rule.inconclusive", "pass"))
        return 0;
    return field_is(document, "rule.inconclusive", "skip") ? GATE_SKIP : 3;
}

// Each reason once.
static void add_reason(cJSON *reasons, const char *text)
{
    const cJSON *earlier;

    cJSON_ArrayForEach(earlier, reasons) {
        if (strcmp(earlier->valuestring, text) == 0)
            return;
    }
    cJSON_AddItemToArray(reasons, cJSON_CreateString(text));
}

// One sentence for a cell that failed (metric NULL) or a metric that did not pass.
static int add_sentence(cJSON *reasons, const cJSON *document, const cJSON *cell, const cJSON *metric)
{
    struct text_stream sentence;
    int err = text_stream_open(&sentence);

    if (err != 0)
        return err;
    gate_write_sentence(sentence.out, document, cell, metric);
    err = text_stream_close(&sentence);
    if (err == 0)
        add_reason(reasons, sentence.text);
    free(sentence.text);
    return err;
}

static bool is_common(const cJSON *document, const char *const *common, const cJSON *metric)
{
    for (; *common != NULL; common++) {
        if (field_is(metric, "reason", *common))
            return true;
    }
    return field_is(metric, "reason", "interrupted") || field_is(document, "mismatch", field_text(metric, "reason"));
}

static int add_metric_reason(cJSON *reasons, const cJSON *document, const char *const *common, const cJSON *cell,
                             const cJSON *metric)
{
    if (!field_is(metric, "verdict", "regression") && !field_is(metric, "verdict", "inconclusive"))
        return 0;
    if (!is_common(document, common, metric))
        return add_sentence(reasons, document, cell, metric);
    add_reason(reasons, field_text(metric, "reason"));
    return 0;
}

static int add_cell_reasons(cJSON *reasons, const cJSON *document, const char *const *common, const cJSON *cell)
{
    const cJSON *metric;
    int err = 0;

    if (field_is(cell, "status", "failed"))
        return add_sentence(reasons, document, cell, NULL);
    if (!field_is(cell, "status", "compared"))
        return 0;
    cJSON_ArrayForEach(metric, field(cell, "metrics")) {
        if (err == 0)
            err = add_metric_reason(reasons, document, common, cell, metric);
    }
    return err;
}

int gate_conclude(cJSON *document, const char *const *common, int *ret_status)
{
    const char *verdict = verdict_of(document);
    cJSON *reasons = cJSON_CreateArray();
    int err = 0, status = status_of(document, verdict);
    const cJSON *cell;

    json_set(document, "reasons", reasons);
    cJSON_ArrayForEach(cell, field(document, "cells")) {
        if (err == 0)
            err = add_cell_reasons(reasons, document, common, cell);
    }
    if (gate_count(document, NULL) == 0 && gate_count(document, "failed") == 0)
        add_reason(reasons, "nothing could be compared");
    json_set(document, "verdict", cJSON_CreateString(verdict));
    json_set(document, "status", cJSON_CreateNumber(status));
    if (err == 0)
        *ret_status = status;
    return err;
}

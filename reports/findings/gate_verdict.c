// SPDX-License-Identifier: MIT
// The verdict on the whole, from those on the cells.
#include <cjson/cJSON.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/document/fields.h"
#include "reports/document/gate.h"
#include "reports/render/gate_lines.h"
#include "measure/base/text.h"

// How many cells' metrics, or cells, ended in each way.
struct tally {
    unsigned regressions, failed, inconclusive, compared;
};

static void count_cell(const cJSON *cell, struct tally *tally)
{
    const cJSON *metric;

    tally->failed += field_is(cell, "status", "failed");
    if (!field_is(cell, "status", "compared"))
        return;
    cJSON_ArrayForEach(metric, field(cell, "metrics")) {
        tally->compared++;
        tally->regressions += field_is(metric, "verdict", "regression");
        tally->inconclusive += field_is(metric, "verdict", "inconclusive");
    }
}

static struct tally count(const cJSON *document)
{
    struct tally tally = {0};
    const cJSON *cell;

    cJSON_ArrayForEach(cell, field(document, "cells")) count_cell(cell, &tally);
    return tally;
}

// A regression is what was looked for; a fault comes before a doubt.
static const char *verdict_of(const cJSON *document, const struct tally *tally)
{
    if (field(document, "interrupted") != NULL)
        return "interrupted";
    if (tally->regressions > 0)
        return "regression";
    if (tally->failed > 0)
        return "failed";
    if (tally->inconclusive > 0 || tally->compared == 0)
        return "inconclusive";
    return "passed";
}

static int status_of(const cJSON *document, const char *verdict)
{
    if (strcmp(verdict, "interrupted") == 0)
        return 128 + (field_is(document, "interrupted", "SIGTERM") ? SIGTERM : SIGINT);
    if (strcmp(verdict, "regression") == 0)
        return 1;
    if (strcmp(verdict, "failed") == 0)
        return 4;
    return strcmp(verdict, "inconclusive") == 0 && !field_is(document, "rule.inconclusive", "pass") ? 3 : 0;
}

static int add_reason(cJSON *reasons, FILE *out, char **text)
{
    const cJSON *earlier;
    cJSON *item;

    if (!text_finish(out, text))
        return -ENOMEM;
    cJSON_ArrayForEach(earlier, reasons) {
        if (strcmp(earlier->valuestring, *text) == 0)
            return 0;
    }
    item = cJSON_CreateString(*text);
    return item != NULL && cJSON_AddItemToArray(reasons, item) ? 0 : -ENOMEM;
}

// One sentence for a cell that failed (metric NULL) or a metric that did not pass.
static int add_sentence(cJSON *reasons, const cJSON *document, const cJSON *cell, const cJSON *metric)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    int err;

    if (out == NULL)
        return -ENOMEM;
    gate_write_reason(out, document, cell, metric);
    err = add_reason(reasons, out, &text);
    free(text);
    return err;
}

static int add_cell_reasons(cJSON *reasons, const cJSON *document, const cJSON *cell)
{
    const cJSON *metric;
    int err = 0;

    if (field_is(cell, "status", "failed"))
        return add_sentence(reasons, document, cell, NULL);
    if (!field_is(cell, "status", "compared"))
        return 0;
    cJSON_ArrayForEach(metric, field(cell, "metrics")) {
        if (err == 0 && (field_is(metric, "verdict", "regression") || field_is(metric, "verdict", "inconclusive")))
            err = add_sentence(reasons, document, cell, metric);
    }
    return err;
}

int gate_conclude(cJSON *document)
{
    struct tally tally = count(document);
    const char *verdict = verdict_of(document, &tally);
    cJSON *reasons = cJSON_CreateArray();
    const cJSON *cell;
    int err = reasons != NULL ? field_set(document, "reasons", reasons) : -ENOMEM;

    cJSON_ArrayForEach(cell, field(document, "cells")) {
        if (err == 0)
            err = add_cell_reasons(reasons, document, cell);
    }
    if (err == 0 && tally.compared == 0 && tally.failed == 0 &&
        !cJSON_AddItemToArray(reasons, cJSON_CreateString("nothing could be compared")))
        err = -ENOMEM;
    if (err == 0)
        err = field_set(document, "verdict", cJSON_CreateString(verdict));
    return err == 0 ? field_set(document, "status", cJSON_CreateNumber(status_of(document, verdict))) : err;
}

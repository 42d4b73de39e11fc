// SPDX-License-Identifier: MIT
#include "reports/findings/comparison.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/json.h"
#include "measure/base/text.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/document/fingerprint.h"
#include "reports/document/gate.h"
#include "reports/findings/comparison_metric.h"
#include "reports/findings/gate_verdict.h"
#include "reports/findings/switches.h"

// Two reports, cell by cell. Their rounds were not side by side, so nothing can be paired: what is known of each median is
// its own interval, and the ratio lies between the quotients of their ends.

// Runs of the same thing in different jobs differ by this much, without any reason in the thing (docs/METHODOLOGY.md).
#define LEAST_ALLOWED 0.10

// What becomes of a cell by its status in the two files (NULL: it is not in that one).
static const char *status_of(const cJSON *base, const cJSON *new, const cJSON **ret_excused)
{
    bool new_failed = field_is(new, "status", "failed") || field_is(new, "status", "wrong");

    *ret_excused = new;
    if (new_failed)
        return "failed";
    if (base != NULL && !cell_ok(base))
        *ret_excused = base;
    if (base == NULL)
        return cell_ok(new) ? "added" : "skipped";
    if (new == NULL)
        return cell_ok(base) ? "gone" : "skipped";
    // Samples are of another rate in each.
    return cell_ok(base) && cell_ok(new) && field(new, "capacity") == NULL ? "compared" : "skipped";
}

// NULL where it was compared.
static const char *reason_of(const char *status, const cJSON *excused)
{
    if (strcmp(status, "compared") == 0)
        return NULL;
    if (field_text(excused, "reason") != NULL)
        return field_text(excused, "reason");
    if (field(excused, "capacity") != NULL && strcmp(status, "skipped") == 0)
        return "its capacity was searched for: see the intervals of both reports";
    return strcmp(status, "added") == 0 ? "only in the new file" : "only in the old file";
}

static void copy_fields(cJSON *to, const cJSON *from, const char *const *names)
{
    for (; *names != NULL; names++)
        cJSON_AddItemToObject(to, *names, cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(from, *names), true));
}

// base or new may be NULL, not both; `block` is that of either.
static int add_cell(const struct comparison *comparison, cJSON *document, const cJSON *block, const cJSON *base,
                    const cJSON *new)
{
    static const char *const of_block[] = {"workload", "describe", "tasks", "concurrency", NULL};
    static const char *const of_cell[] = {"model", "lanes", NULL};
    const cJSON *excused;
    const char *status = status_of(base, new, &excused);
    cJSON *json = cJSON_CreateObject(), *metrics;

    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(document, "cells"), json);
    copy_fields(json, block, of_block);
    json_add_text(json, "cpus", field_text(block, "cpus"));
    copy_fields(json, new != NULL ? new : base, of_cell);
    cJSON_AddStringToObject(json, "status", status);
    json_add_text(json, "reason", reason_of(status, excused));
    cJSON_AddNullToObject(json, "trial");
    cJSON_AddNullToObject(json, "repeat");
    cJSON_AddArrayToObject(json, "pairs");
    metrics = cJSON_AddArrayToObject(json, "metrics");
    return strcmp(status, "compared") == 0 ? comparison_metrics(document, base, new, comparison->metrics, metrics) : 0;
}

static const cJSON *find_block(const cJSON *report, const cJSON *like)
{
    const cJSON *block;

    cJSON_ArrayForEach(block, field(report, "workloads")) {
        if (block_is_same(block, like))
            return block;
    }
    return NULL;
}

// The cells of base's blocks, then those that only new has; of either file in its order.
static int add_cells(const struct comparison *comparison, cJSON *document)
{
    const cJSON *block, *cell;
    int err = 0;

    cJSON_ArrayForEach(block, field(comparison->base, "workloads")) {
        const cJSON *other = find_block(comparison->new, block);

        cJSON_ArrayForEach(cell, field(block, "cells")) {
            if (err == 0)
                err = add_cell(comparison, document, block, cell, block_cell(other, field_text(cell, "model")));
        }
    }
    cJSON_ArrayForEach(block, field(comparison->new, "workloads")) {
        const cJSON *other = find_block(comparison->base, block);

        cJSON_ArrayForEach(cell, field(block, "cells")) {
            if (err == 0 && block_cell(other, field_text(cell, "model")) == NULL)
                err = add_cell(comparison, document, block, NULL, cell);
        }
    }
    return err;
}

static void add_side(cJSON *document, const char *side, const char *name, const cJSON *report)
{
    cJSON *json = cJSON_AddObjectToObject(document, side);

    cJSON_AddStringToObject(json, "name", name);
    cJSON_AddNullToObject(json, "server");
    json_add_text(json, "version", field_text(report, "ccbench.version"));
    cJSON_AddStringToObject(json, "started", field_text(report, "started"));
    cJSON_AddItemToObject(json, "fingerprint", fingerprint_make(report));
}

static int add_mismatch(cJSON *document)
{
    char text[DOCUMENT_ERROR];
    struct text_stream names;
    int err = text_stream_open(&names);
    unsigned n;

    if (err != 0)
        return err;
    n = fingerprint_differences(names.out, field(document, "base.fingerprint"), field(document, "new.fingerprint"));
    err = text_stream_close(&names);
    if (err == 0) {
        snprintf(text, sizeof text, "the fingerprints differ: %.200s", names.text);
        json_add_text(document, "mismatch", n > 0 ? text : NULL);
    }
    free(names.text);
    return err;
}

static void add_rule(const struct comparison *comparison, cJSON *document)
{
    cJSON *rule = cJSON_AddObjectToObject(document, "rule");

    cJSON_AddNumberToObject(rule, "allowed", fmax(comparison->allowed, LEAST_ALLOWED));
    cJSON_AddNullToObject(rule, "rounds");
    cJSON_AddNumberToObject(rule, "comparisons", 1); // until they are counted
    cJSON_AddNullToObject(rule, "level");
    cJSON_AddStringToObject(rule, "inconclusive", gate_inconclusive_words[comparison->inconclusive]);
}

// The members a comparison has in common with a gate and no use for.
static void add_nothing(cJSON *document)
{
    static const char *const names[] = {"seed", "interrupted", "environment", "placement", "control"};

    cJSON_AddNumberToObject(document, "duration_ns", 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cJSON_AddNullToObject(document, names[i]);
    cJSON_AddArrayToObject(document, "rounds");
}

static int add_notes(const struct comparison *comparison, cJSON *document)
{
    cJSON *notes = cJSON_AddArrayToObject(document, "notes");
    int err = switches_of_side(comparison->base, "base", notes);

    if (err == 0)
        err = switches_of_side(comparison->new, "new", notes);
    if (field(comparison->base, "interrupted") != NULL || field(comparison->new, "interrupted") != NULL)
        cJSON_AddItemToArray(notes, cJSON_CreateString("one of the runs was interrupted"));
    cJSON_AddItemToArray(notes,
                         cJSON_CreateString("runs from different jobs show nothing below about 10 %; to find less, "
                                            "measure both builds side by side (ccbench gate)"));
    return err;
}

static void count_comparisons(cJSON *document)
{
    cJSON *rule = cJSON_GetObjectItemCaseSensitive(document, "rule");
    const cJSON *cell;
    int n = 0;

    cJSON_ArrayForEach(cell, field(document, "cells"))
        n += cJSON_GetArraySize(field(cell, "metrics"));
    json_set(rule, "comparisons", cJSON_CreateNumber(n > 0 ? n : 1));
}

cJSON *comparison_make(const struct comparison *comparison, int *ret_status)
{
    cJSON *document = cJSON_CreateObject();
    int err;

    cJSON_AddStringToObject(document, "schema", GATE_SCHEMA);
    cJSON_AddStringToObject(document, "kind", "compare");
    add_nothing(document);
    add_side(document, "base", comparison->base_name, comparison->base);
    add_side(document, "new", comparison->new_name, comparison->new);
    err = add_mismatch(document);
    add_rule(comparison, document);
    cJSON_AddArrayToObject(document, "cells");
    if (err == 0)
        err = add_cells(comparison, document);
    count_comparisons(document);
    if (err == 0)
        err = add_notes(comparison, document);
    if (err == 0)
        err = gate_conclude(document, (const char *const[]){NULL}, ret_status);
    if (err == 0)
        return document;
    cJSON_Delete(document);
    return NULL;
}

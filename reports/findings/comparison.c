// SPDX-License-Identifier: MIT
#include "reports/findings/comparison.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/document/block.h"
#include "reports/findings/comparison_metric.h"
#include "reports/findings/gate_verdict.h"
#include "reports/document/fields.h"
#include "reports/document/fingerprint.h"
#include "reports/document/gate.h"
#include "measure/base/text.h"

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
    return cell_ok(base) && cell_ok(new) ? "compared" : "skipped";
}

static cJSON *reason_of(const char *status, const cJSON *excused)
{
    const char *reason = field_text(excused, "reason");

    if (strcmp(status, "compared") == 0)
        return cJSON_CreateNull();
    if (reason != NULL)
        return cJSON_CreateString(reason);
    return cJSON_CreateString(strcmp(status, "added") == 0 ? "only in the new file" : "only in the old file");
}

static int copy_field(cJSON *to, const cJSON *from, const char *name)
{
    return field_set(to, name, cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(from, name), true));
}

// base or new may be NULL, not both; `block` is that of either.
static int add_cell(const struct comparison *comparison, cJSON *document, const cJSON *block, const cJSON *base,
                    const cJSON *new)
{
    static const char *const names[] = {"workload", "describe", "tasks", "concurrency"};
    const cJSON *cell = new != NULL ? new : base, *excused;
    const char *status = status_of(base, new, &excused);
    cJSON *json = cJSON_CreateObject(), *metrics = cJSON_CreateArray();
    int err = json != NULL && cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(document, "cells"), json) ? 0 : -ENOMEM;

    if (err < 0) {
        cJSON_Delete(json);
        cJSON_Delete(metrics);
        return err;
    }
    for (size_t i = 0; err == 0 && i < sizeof names / sizeof *names; i++)
        err = copy_field(json, block, names[i]);
    if (err == 0)
        err = field_set(json, "cpus", field(block, "cpus") != NULL ? cJSON_Duplicate(field(block, "cpus"), false)
                                                                 : cJSON_CreateNull());
    if (err == 0)
        err = copy_field(json, cell, "model");
    if (err == 0)
        err = copy_field(json, cell, "lanes");
    if (err == 0)
        err = field_set(json, "status", cJSON_CreateString(status));
    if (err == 0)
        err = field_set(json, "reason", reason_of(status, excused));
    if (err == 0)
        err = field_set(json, "trial", cJSON_CreateNull());
    if (err == 0)
        err = field_set(json, "repeat", cJSON_CreateNull());
    if (err == 0)
        err = field_set(json, "pairs", cJSON_CreateArray());
    err = err == 0 ? field_set(json, "metrics", metrics) : (cJSON_Delete(metrics), err);
    if (err == 0 && strcmp(status, "compared") == 0)
        err = comparison_metrics(document, base, new, comparison->metrics, metrics);
    return err;
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

static int add_side(cJSON *document, const char *side, const char *name, const cJSON *report)
{
    cJSON *json = cJSON_CreateObject();
    const char *version = field_text(report, "ccbench.version");
    int err = field_set(document, side, json);

    if (err == 0)
        err = field_set(json, "name", cJSON_CreateString(name));
    if (err == 0)
        err = field_set(json, "server", cJSON_CreateNull());
    if (err == 0)
        err = field_set(json, "version", version != NULL ? cJSON_CreateString(version) : cJSON_CreateNull());
    if (err == 0)
        err = field_set(json, "started", cJSON_CreateString(field_text(report, "started")));
    return err == 0 ? field_set(json, "fingerprint", fingerprint_make(report)) : err;
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
        err = field_set(document, "mismatch", n > 0 ? cJSON_CreateString(text) : cJSON_CreateNull());
    }
    free(names.text);
    return err;
}

static int add_rule(const struct comparison *comparison, cJSON *document)
{
    cJSON *rule = cJSON_CreateObject();
    int err = field_set(document, "rule", rule);

    if (err == 0)
        err = field_set(rule, "allowed", cJSON_CreateNumber(fmax(comparison->allowed, LEAST_ALLOWED)));
    if (err == 0)
        err = field_set(rule, "rounds", cJSON_CreateNull());
    if (err == 0)
        err = field_set(rule, "comparisons", cJSON_CreateNumber(1));
    if (err == 0)
        err = field_set(rule, "level", cJSON_CreateNull());
    return err == 0 ? field_set(rule, "inconclusive", cJSON_CreateString(comparison->inconclusive_passes ? "pass" : "fail")) : err;
}

// The members a comparison has in common with a gate and no use for.
static int add_nothing(cJSON *document)
{
    static const char *const names[] = {"seed", "interrupted", "environment", "placement", "control"};
    int err = field_set(document, "duration_ns", cJSON_CreateNumber(0));

    for (size_t i = 0; err == 0 && i < sizeof names / sizeof *names; i++)
        err = field_set(document, names[i], cJSON_CreateNull());
    return err == 0 ? field_set(document, "rounds", cJSON_CreateArray()) : err;
}

static int add_note(cJSON *notes, const char *text)
{
    cJSON *item = cJSON_CreateString(text);

    return item != NULL && cJSON_AddItemToArray(notes, item) ? 0 : -ENOMEM;
}

static int add_notes(const struct comparison *comparison, cJSON *document)
{
    cJSON *notes = cJSON_CreateArray();
    int err = field_set(document, "notes", notes);

    if (err == 0 && (field(comparison->base, "interrupted") != NULL || field(comparison->new, "interrupted") != NULL))
        err = add_note(notes, "one of the runs was interrupted");
    return err == 0 ? add_note(notes, "runs from different jobs show nothing below about 10 %; to find less, measure both builds "
                                    "side by side (ccbench gate)")
                  : err;
}

static unsigned count_metrics(const cJSON *document)
{
    const cJSON *cell;
    int n = 0;

    cJSON_ArrayForEach(cell, field(document, "cells")) n += cJSON_GetArraySize(field(cell, "metrics"));
    return n > 0 ? (unsigned)n : 1;
}

cJSON *comparison_make(const struct comparison *comparison)
{
    cJSON *document = cJSON_CreateObject();
    int err = field_set(document, "schema", cJSON_CreateString(GATE_SCHEMA));

    if (err == 0)
        err = field_set(document, "kind", cJSON_CreateString("compare"));
    if (err == 0)
        err = add_nothing(document);
    if (err == 0)
        err = add_side(document, "base", comparison->base_name, comparison->base);
    if (err == 0)
        err = add_side(document, "new", comparison->new_name, comparison->new);
    if (err == 0)
        err = add_mismatch(document);
    if (err == 0)
        err = add_rule(comparison, document);
    if (err == 0)
        err = field_set(document, "cells", cJSON_CreateArray());
    if (err == 0)
        err = add_cells(comparison, document);
    if (err == 0)
        cJSON_SetNumberValue(cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(document, "rule"), "comparisons"),
                             count_metrics(document));
    if (err == 0)
        err = add_notes(comparison, document);
    if (err == 0)
        err = gate_conclude(document, (const char *const[]){NULL});
    if (err == 0)
        return document;
    cJSON_Delete(document);
    return NULL;
}

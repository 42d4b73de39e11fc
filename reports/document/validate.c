// SPDX-License-Identifier: MIT
#include "reports/document/validate.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "measure/base/utf8.h"
#include "reports/document/block.h"
#include "reports/document/claims.h"
#include "reports/document/fields.h"
#include "reports/document/gate.h"
#include "reports/document/rules.h"
#include "reports/document/several.h"
#include "reports/document/validate_cells.h"
#include "reports/document/validate_sweep.h"
#include "reports/document/validate_tasks.h"

// What is compared pair by pair is bounded: far above any number of workloads.
#define MOST_BLOCKS 1024

static const struct rule document_rules[] = {
    {"schema", TEXT},
    {"ccbench", OBJECT},
    {"started", TEXT},
    {"seed", NUMBER},
    {"duration_ns", NUMBER},
    {"trials_ns", NUMBER | OPTIONAL},
    {"interrupted", TEXT | NOTHING},
    {"environment", OBJECT},
    {"placement", OBJECT},
    {"plan", OBJECT},
    {"workloads", LIST},
    {"status", NUMBER},
    {"sweeps", LIST | OPTIONAL},
    {NULL, 0},
};

static const struct rule environment_rules[] = {
    {"host", TEXT | NOTHING | OPTIONAL},
    {"rank", NUMBER | NOTHING | OPTIONAL},
    {"cpu", OBJECT | OPTIONAL},
    {"kernel", TEXT | NOTHING | OPTIONAL},
    {"libc", TEXT | NOTHING | OPTIONAL},
    {"virtualisation", TEXT | NOTHING | OPTIONAL},
    {"variables", OBJECT | OPTIONAL},
    {"runtimes", OBJECT | OPTIONAL},
    {"limits", OBJECT | OPTIONAL},
    {"before", OBJECT | OPTIONAL},
    {"during", OBJECT | NOTHING | OPTIONAL},
    {"after", OBJECT | NOTHING | OPTIONAL},
    {NULL, 0},
};

static const struct rule build_rules[] = {
    {"version", TEXT | OPTIONAL},
    {"build_type", TEXT | OPTIONAL},
    {"sanitizer", TEXT | NOTHING | OPTIONAL},
    {"revision", TEXT | NOTHING | OPTIONAL},
    {"compiler", TEXT | OPTIONAL},
    {"flags", TEXT | OPTIONAL},
    {"libraries", OBJECT | OPTIONAL},
    {"burden", BOOLEAN | OPTIONAL},
    {NULL, 0},
};

static const struct rule block_rules[] = {
    {"workload", TEXT},
    {"describe", TEXT},
    {"tasks", POSITIVE},
    {"concurrency", POSITIVE},
    {"cores", POSITIVE},
    {"cpus", TEXT | OPTIONAL},
    {"sweep", OBJECT | NOTHING | OPTIONAL},
    {"rate", OBJECT | NOTHING | OPTIONAL},
    {"kind", TEXT | NOTHING | OPTIONAL},
    {"cpu_share", NUMBER | NOTHING | OPTIONAL},
    {"ideal_ns", POSITIVE | NOTHING},
    {"ideal_formula", TEXT | NOTHING},
    {"ideal_reason", TEXT | NOTHING},
    {"rounds", NUMBER},
    {"stopped", TEXT},
    {"duration_ns", NUMBER | OPTIONAL},
    {"calibration", OBJECT | NOTHING},
    {"families", OBJECT | OPTIONAL},
    {"warnings", LIST | OPTIONAL},
    {"findings", LIST | OPTIONAL},
    {"cells", LIST},
    {NULL, 0},
};

// Of the models of another language, as of the block.
static const struct rule family_rules[] = {
    {"ideal_ns", POSITIVE | NOTHING},
    {"ideal_formula", TEXT | NOTHING},
    {"ideal_reason", TEXT | NOTHING},
    {"calibration", OBJECT | NOTHING},
    {NULL, 0},
};

// What a runtime says of itself may be anything.
static const struct rule no_rules[] = {{NULL, 0}};

// Everywhere, also where no rule looks: a number that overflowed while it was read (1e999) poisons whatever it meets.
static int validate_finite(const struct validation *at, const cJSON *item)
{
    const cJSON *child;

    if (cJSON_IsNumber(item) && !isfinite(item->valuedouble))
        return validate_refuse(at, item->string != NULL ? item->string : "", "not a finite number");
    cJSON_ArrayForEach(child, item) {
        int err = validate_finite(at, child);

        if (err < 0)
            return err;
    }
    return 0;
}

static int validate_experiment(const struct validation *at, const cJSON *block)
{
    for (const cJSON *earlier = block->prev; earlier->next != NULL; earlier = earlier->prev)
        if (block_is_same(earlier, block))
            return validate_refuse(at, "workload", "'%.*s' occurs twice with the same tasks and concurrency",
                                   UTF8_CLIPPED(field_text(block, "workload"), 40));
    return 0;
}

static int validate_block(const struct validation *document, const cJSON *block, int index)
{
    struct validation at = *document;
    int err;

    snprintf(at.where, sizeof at.where, "workloads[%d]", index);
    if (!cJSON_IsObject(block))
        return validate_refuse(&at, "", "not an object");
    err = validate_rules(&at, block, block_rules);
    if (err == 0)
        err = validate_texts(&at, block, "findings");
    if (err == 0)
        err = validate_texts(&at, block, "warnings");
    if (err == 0)
        err = validate_sweep(block, at.where, at.error);
    if (err == 0)
        err = validate_objects(&at, block, "families", family_rules);
    if (err == 0)
        err = validate_cells(&at, block);
    if (err == 0)
        err = validate_tasks(&at, block);
    return err == 0 ? validate_experiment(&at, block) : err;
}

// What was measured on, and with what: all of it may be missing, but what is there has its type.
static int validate_machine(const struct validation *document, const cJSON *root)
{
    struct validation at = *document;
    int err;

    snprintf(at.where, sizeof at.where, "ccbench");
    err = validate_rules(&at, field(root, "ccbench"), build_rules);
    snprintf(at.where, sizeof at.where, "environment");
    if (err == 0)
        err = validate_rules(&at, field(root, "environment"), environment_rules);
    return err == 0 ? validate_objects(&at, field(root, "environment"), "runtimes", no_rules) : err;
}

static int validate_report(const struct validation *at, const cJSON *document)
{
    const cJSON *block;
    int index = 0, err = validate_rules(at, document, document_rules);

    if (err == 0)
        err = validate_machine(at, document);
    if (err == 0)
        err = validate_length(at, document, "workloads", MOST_BLOCKS);
    cJSON_ArrayForEach(block, field(document, "workloads")) {
        if (err == 0)
            err = validate_block(at, block, index++);
    }
    return err == 0 && index == 0 ? validate_refuse(at, "workloads", "empty, expected at least one") : err;
}

int validate_document(const cJSON *document, char error[DOCUMENT_ERROR])
{
    const struct validation at = {.error = error};
    const cJSON *schema = cJSON_GetObjectItemCaseSensitive(document, "schema");
    char found[48];
    int err;

    if (!cJSON_IsObject(document))
        return validate_refuse(&at, "", "not a JSON object, expected a report of ccbench");
    if (document_kind(document) == DOCUMENT_REPORT && !field_is(document, "schema", DOCUMENT_SCHEMA))
        return validate_refuse(&at, "schema", "%s, expected '%s'", validate_describe(schema, found), DOCUMENT_SCHEMA);
    err = validate_finite(&at, document);
    if (err < 0)
        return err;
    switch (document_kind(document)) {
    case DOCUMENT_GATE:
        return validate_gate(document, error);
    case DOCUMENT_SEVERAL:
        return validate_several(document, error);
    case DOCUMENT_CLAIMS:
        return validate_claims(document, error);
    default:
        return validate_report(&at, document);
    }
}

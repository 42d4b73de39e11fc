// SPDX-License-Identifier: MIT
// Whether a stored document is the result of a gate or a comparison that no renderer can choke on.
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "measure/base/units.h"
#include "measure/base/utf8.h"
#include "reports/document/fields.h"
#include "reports/document/gate.h"
#include "reports/document/metrics.h"
#include "reports/document/rules.h"

static const struct rule document_rules[] = {
    {"kind", TEXT},
    {"ccbench", OBJECT},
    {"started", TEXT},
    {"seed", NUMBER | NOTHING},
    {"duration_ns", NUMBER},
    {"interrupted", TEXT | NOTHING},
    {"environment", OBJECT | NOTHING},
    {"placement", OBJECT | NOTHING},
    {"base", OBJECT},
    {"new", OBJECT},
    {"mismatch", TEXT | NOTHING},
    {"rule", OBJECT},
    {"rounds", LIST},
    {"control", OBJECT | NOTHING},
    {"cells", LIST},
    {"notes", LIST},
    {"verdict", TEXT},
    {"reasons", LIST},
    {"status", NUMBER},
    {NULL, 0},
};

static const struct rule side_rules[] = {
    {"name", TEXT}, {"server", TEXT | NOTHING}, {"fingerprint", OBJECT | NOTHING}, {"runtimes", OBJECT | OPTIONAL},
    {NULL, 0},
};

static const struct rule no_rules[] = {{NULL, 0}};

static const struct rule rule_rules[] = {
    {"allowed", POSITIVE},         {"rounds", POSITIVE | NOTHING}, {"comparisons", POSITIVE},
    {"level", POSITIVE | NOTHING}, {"inconclusive", TEXT},         {NULL, 0},
};

static const struct rule round_rules[] = {{"batch", POSITIVE}, {"round", POSITIVE}, {"steal_share", NUMBER}, {NULL, 0}};

static const struct rule cell_rules[] = {
    {"workload", TEXT},  {"tasks", POSITIVE}, {"concurrency", POSITIVE},  {"cpus", TEXT | NOTHING},   {"model", TEXT},
    {"lanes", POSITIVE}, {"status", TEXT},    {"reason", TEXT | NOTHING}, {"repeat", TEXT | NOTHING}, {"pairs", LIST},
    {"metrics", LIST},   {NULL, 0},
};

static const struct rule pair_rules[] = {
    {"batch", POSITIVE},        {"round", POSITIVE},       {"first", TEXT},
    {"base", OBJECT | NOTHING}, {"new", OBJECT | NOTHING}, {NULL, 0},
};

static const struct rule metric_rules[] = {
    {"metric", TEXT},  {"base", NUMBER | NOTHING}, {"new", NUMBER | NOTHING},  {"batch", POSITIVE},
    {"batches", LIST}, {"verdict", TEXT},          {"reason", TEXT | NOTHING}, {NULL, 0},
};

static const struct rule batch_rules[] = {{"batch", POSITIVE}, {"flagged", BOOLEAN}, {NULL, 0}};

// Changes, unlike all other numbers, may be negative.
static int validate_changes(const struct validation *at, const cJSON *metric)
{
    static const char *const names[] = {"change", "low", "high", "least", "allowed"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(metric, names[i]);
        char found[48];

        if (!cJSON_IsNull(item) && !(cJSON_IsNumber(item) && fabs(item->valuedouble) <= UNITS_MOST))
            return validate_refuse(at, names[i], "%s, expected a number or null", validate_describe(item, found));
    }
    return 0;
}

const char *const gate_inconclusive_words[INCONCLUSIVE_WORDS] = {"fail", "pass", "skip"};

static int validate_metric(const struct validation *at, const cJSON *metric)
{
    static const char *const verdicts[] = {"same",         "regression", "better", "unconfirmed",
                                           "inconclusive", "different",  NULL};
    const char *name = field_text(metric, "metric");
    int err = 0;

    if (metric_by_option(name, strlen(name)) == NULL)
        return validate_refuse(at, "metric", "'%.*s' is not known here", UTF8_CLIPPED(name, 40));
    err = validate_word(at, metric, "verdict", verdicts);
    if (err == 0)
        err = validate_changes(at, metric);
    return err == 0 ? validate_list(at, metric, "batches", batch_rules, NULL) : err;
}

static int validate_cell(const struct validation *at, const cJSON *cell)
{
    static const char *const statuses[] = {"compared", "added", "gone", "failed", "skipped", NULL};
    int err = validate_word(at, cell, "status", statuses);

    if (err == 0)
        err = validate_list(at, cell, "pairs", pair_rules, NULL);
    // Where nothing was compared, nothing was judged.
    if (err == 0 && field_is(cell, "status", "compared"))
        err = validate_list(at, cell, "metrics", metric_rules, validate_metric);
    return err;
}

static int validate_side(const struct validation *at, const cJSON *side)
{
    int err = validate_fingerprint(at, side);

    return err == 0 ? validate_objects(at, side, "runtimes", no_rules) : err;
}

static int validate_object(const struct validation *outer, const cJSON *document, const char *name,
                           const struct rule *rules, int (*more)(const struct validation *at, const cJSON *item))
{
    struct validation at = *outer;
    const cJSON *object = field(document, name);
    int err;

    if (object == NULL)
        return 0;
    snprintf(at.where, sizeof at.where, "%.40s", name);
    err = validate_rules(&at, object, rules);
    return err == 0 && more != NULL ? more(&at, object) : err;
}

bool gate_is(const cJSON *document)
{
    const char *schema = field_text(document, "schema");

    return schema != NULL && strncmp(schema, "ccbench-gate/", strlen("ccbench-gate/")) == 0;
}

int validate_gate(const cJSON *document, char error[DOCUMENT_ERROR])
{
    static const char *const kinds[] = {"gate", "compare", NULL};
    const struct validation at = {.error = error};
    char found[48];
    int err;

    if (!field_is(document, "schema", GATE_SCHEMA))
        return validate_refuse(&at, "schema", "%s, expected '%s'", validate_describe(field(document, "schema"), found),
                               GATE_SCHEMA);
    err = validate_rules(&at, document, document_rules);
    if (err == 0)
        err = validate_word(&at, document, "kind", kinds);
    if (err == 0)
        err = validate_object(&at, document, "base", side_rules, validate_side);
    if (err == 0)
        err = validate_object(&at, document, "new", side_rules, validate_side);
    if (err == 0)
        err = validate_object(&at, document, "rule", rule_rules, NULL);
    if (err == 0)
        err = validate_list(&at, document, "rounds", round_rules, NULL);
    if (err == 0)
        err = validate_object(&at, document, "control", cell_rules, validate_cell);
    if (err == 0)
        err = validate_list(&at, document, "cells", cell_rules, validate_cell);
    if (err == 0)
        err = validate_texts(&at, document, "notes");
    return err == 0 ? validate_texts(&at, document, "reasons") : err;
}

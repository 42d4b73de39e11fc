// SPDX-License-Identifier: MIT
// Whether a stored document holds reports of several machines that no renderer can choke on.
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "reports/document/fields.h"
#include "reports/document/rules.h"
#include "reports/document/several.h"

static const struct rule document_rules[] = {
    {"ccbench", OBJECT}, {"machines", LIST}, {"experiments", LIST}, {"sweeps", LIST | OPTIONAL},
    {"facts", LIST},     {"findings", LIST}, {"notes", LIST},       {"status", NUMBER},
    {NULL, 0},
};

static const struct rule machine_rules[] = {
    {"label", TEXT},
    {"file", TEXT},
    {"host", TEXT | NOTHING},
    {"version", TEXT | NOTHING},
    {"revision", TEXT | NOTHING},
    {"started", TEXT},
    {"duration_ns", NUMBER},
    {"interrupted", TEXT | NOTHING},
    {"reference", TEXT | NOTHING},
    {"status", NUMBER},
    {"fingerprint", OBJECT},
    {"notes", LIST},
    {"lost", TEXT | OPTIONAL},
    {NULL, 0},
};

static const struct rule fact_rules[] = {{"name", TEXT}, {"values", LIST}, {NULL, 0}};

static const struct rule value_rules[] = {{"value", TEXT | NOTHING}, {"labels", LIST}, {NULL, 0}};

static const struct rule experiment_rules[] = {
    {"workload", TEXT},         {"describe", TEXT},
    {"tasks", POSITIVE},        {"concurrency", POSITIVE},
    {"rate", OBJECT | NOTHING}, {"cpus", TEXT | NOTHING},
    {"places", LIST},           {"models", LIST},
    {"findings", LIST},         {NULL, 0},
};

static const struct rule rate_rules[] = {{"per_s", POSITIVE}, {"constant", BOOLEAN}, {NULL, 0}};

static const struct rule experiment_place_rules[] = {
    {"ran", BOOLEAN},
    {"reason", TEXT | NOTHING},
    {"rounds", NUMBER | NOTHING},
    {"cores", POSITIVE | NOTHING},
    {"ideal_ns", POSITIVE | NOTHING},
    {"describe", TEXT | NOTHING},
    {NULL, 0},
};

static const struct rule model_rules[] = {
    {"model", TEXT}, {"family", TEXT | NOTHING}, {"places", LIST}, {"spread", OBJECT | NOTHING}, {"counts", OBJECT},
    {NULL, 0},
};

static const struct rule spread_rules[] = {
    {"n", NUMBER}, {"min", NUMBER}, {"q1", NUMBER}, {"median", NUMBER}, {"q3", NUMBER}, {"max", NUMBER}, {NULL, 0},
};

static const struct rule counts_rules[] = {
    {"first", NUMBER}, {"shared_first", NUMBER}, {"last", NUMBER}, {"lacking", NUMBER}, {"told", NUMBER}, {NULL, 0},
};

static const struct rule place_rules[] = {
    {"status", TEXT},
    {"reason", TEXT | NOTHING},
    {"rank", NUMBER | NOTHING},
    {"tied", BOOLEAN | NOTHING},
    {"standing", TEXT | NOTHING},
    {"wall_ns", NUMBER | NOTHING},
    {"speedup", OBJECT | NOTHING},
    {"of_ideal", NUMBER | NOTHING},
    {"kept_up", BOOLEAN | NOTHING},
    {NULL, 0},
};

static const struct rule speedup_rules[] = {
    {"over", TEXT | NOTHING},
    {"median", NUMBER | NOTHING},
    {"low", NUMBER | NOTHING},
    {"high", NUMBER | NOTHING},
    {NULL, 0},
};

static int validate_part(const struct validation *outer, const cJSON *object, const char *name,
                         const struct rule *rules)
{
    struct validation at = *outer;

    if (field(object, name) == NULL)
        return 0;
    snprintf(at.where, sizeof at.where, "%.90s.%.20s", outer->where, name);
    return validate_rules(&at, field(object, name), rules);
}

static int validate_place(const struct validation *at, const cJSON *place)
{
    static const char *const statuses[] = {"ok", "skipped", "failed", "wrong", "missing", NULL};
    int err = validate_word(at, place, "status", statuses);

    if (err == 0 && !cell_ok(place) && field_text(place, "reason") == NULL)
        err = validate_refuse(at, "reason", "missing, expected text");
    return err == 0 ? validate_part(at, place, "speedup", speedup_rules) : err;
}

static int validate_experiment_place(const struct validation *at, const cJSON *place)
{
    if (!cJSON_IsTrue(field(place, "ran")) && field_text(place, "reason") == NULL)
        return validate_refuse(at, "reason", "missing, expected text");
    return 0;
}

// One for each machine; how many there are stands in the root, of which every object is a part.
static int validate_count(const struct validation *at, const cJSON *object, int machines)
{
    int n = cJSON_GetArraySize(field(object, "places"));

    return n == machines
               ? 0
               : validate_refuse(at, "places", "%d of them, expected one for each of the %d machines", n, machines);
}

static int validate_model(const struct validation *at, const cJSON *model)
{
    int err = validate_list(at, model, "places", place_rules, validate_place);

    if (err == 0)
        err = validate_part(at, model, "spread", spread_rules);
    return err == 0 ? validate_part(at, model, "counts", counts_rules) : err;
}

static int validate_experiment(const struct validation *at, const cJSON *experiment)
{
    int err = validate_part(at, experiment, "rate", rate_rules);

    if (err == 0)
        err = validate_list(at, experiment, "places", experiment_place_rules, validate_experiment_place);
    if (err == 0)
        err = validate_list(at, experiment, "models", model_rules, validate_model);
    return err == 0 ? validate_texts(at, experiment, "findings") : err;
}

static int validate_counts(const struct validation *at, const cJSON *document)
{
    int machines = cJSON_GetArraySize(field(document, "machines")), err = 0;
    const cJSON *experiment, *model;

    if (machines == 0)
        return validate_refuse(at, "machines", "empty, expected at least one");
    cJSON_ArrayForEach(experiment, field(document, "experiments")) {
        if (err == 0)
            err = validate_count(at, experiment, machines);
        cJSON_ArrayForEach(model, field(experiment, "models")) {
            if (err == 0)
                err = validate_count(at, model, machines);
        }
    }
    return err;
}

static int validate_value(const struct validation *at, const cJSON *value)
{
    return validate_texts(at, value, "labels");
}

static int validate_fact(const struct validation *at, const cJSON *fact)
{
    if (cJSON_GetArraySize(field(fact, "values")) == 0)
        return validate_refuse(at, "values", "empty, expected at least one");
    return validate_list(at, fact, "values", value_rules, validate_value);
}

static const struct rule sweep_rules[] = {{"workload", TEXT}, {"axis", TEXT}, {"findings", LIST}, {NULL, 0}};

static int validate_sweep_said(const struct validation *at, const cJSON *sweep)
{
    return validate_texts(at, sweep, "findings");
}

bool several_is(const cJSON *document)
{
    const char *schema = field_text(document, "schema");

    return schema != NULL && strncmp(schema, "ccbench-several/", strlen("ccbench-several/")) == 0;
}

static int validate_lists(const struct validation *at, const cJSON *document)
{
    int err = validate_list(at, document, "machines", machine_rules, validate_fingerprint);

    if (err == 0)
        err = validate_list(at, document, "facts", fact_rules, validate_fact);
    if (err == 0)
        err = validate_list(at, document, "experiments", experiment_rules, validate_experiment);
    if (err == 0)
        err = validate_list(at, document, "sweeps", sweep_rules, validate_sweep_said);
    if (err == 0)
        err = validate_texts(at, document, "findings");
    return err == 0 ? validate_texts(at, document, "notes") : err;
}

int validate_several(const cJSON *document, char error[DOCUMENT_ERROR])
{
    const struct validation at = {.error = error};
    char found[48];
    int err;

    if (!field_is(document, "schema", SEVERAL_SCHEMA))
        return validate_refuse(&at, "schema", "%s, expected '%s'", validate_describe(field(document, "schema"), found),
                               SEVERAL_SCHEMA);
    err = validate_rules(&at, document, document_rules);
    if (err == 0)
        err = validate_lists(&at, document);
    return err == 0 ? validate_counts(&at, document) : err;
}

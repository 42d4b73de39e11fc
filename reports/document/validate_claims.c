// SPDX-License-Identifier: MIT
// Whether a stored document holds what claims came to, and no renderer can choke on it.
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "measure/base/units.h"
#include "reports/document/claims.h"
#include "reports/document/fields.h"
#include "reports/document/rules.h"

#define MOST_CLAIMS 1024
#define MOST_FIGURES 256

static const struct rule document_rules[] = {
    {"stage", TEXT},
    {"ccbench", OBJECT},
    {"started", TEXT},
    {"seed", NUMBER},
    {"duration_ns", NUMBER},
    {"interrupted", TEXT | NOTHING},
    {"environment", OBJECT},
    {"long", BOOLEAN},
    {"plan", OBJECT},
    {"placement", OBJECT},
    {"claims", LIST},
    {"counts", OBJECT | NOTHING},
    {"predictions", OBJECT | NOTHING},
    {"notes", LIST},
    {"status", NUMBER},
    {NULL, 0},
};

static const struct rule plan_rules[] = {
    {"batches", POSITIVE}, {"batches_most", POSITIVE | OPTIONAL}, {"rounds", POSITIVE}, {"cores", POSITIVE}, {NULL, 0}};

static const struct rule counts_rules[] = {
    {"confirmed", NUMBER}, {"refuted", NUMBER}, {"not_shown", NUMBER}, {NULL, 0}};

static const struct rule predictions_rules[] = {
    {"asked", NUMBER}, {"answered", NUMBER}, {"counted", NUMBER}, {"right", NUMBER}, {NULL, 0}};

static const struct rule claim_rules[] = {
    {"claim", TEXT},
    {"number", POSITIVE | NOTHING},
    {"says", TEXT},
    {"source", TEXT | NOTHING},
    {"explains", TEXT},
    {"turns", TEXT | NOTHING},
    {"asks", OBJECT | NOTHING},
    {"predicted", NUMBER | NOTHING},
    {"commands", LIST},
    {"verdict", TEXT | NOTHING},
    {"reason", TEXT | NOTHING},
    {"would_show", TEXT | NOTHING},
    {"deciding", NUMBER | NOTHING},
    {"stand_in", BOOLEAN},
    {"figures", LIST},
    {"real", LIST},
    {"disagreement", TEXT | NOTHING},
    {NULL, 0},
};

static const struct rule asks_rules[] = {{"question", TEXT}, {"answers", LIST}, {"right", NUMBER}, {NULL, 0}};

static const struct rule real_rules[] = {
    {"runtime", TEXT},          {"verdict", TEXT | NOTHING},
    {"reason", TEXT | NOTHING}, {"deciding", NUMBER | NOTHING},
    {"figures", LIST},          {NULL, 0},
};

static const struct rule figure_rules[] = {
    {"name", TEXT},
    {"metric", TEXT},
    {"unit", TEXT},
    {"once", BOOLEAN},
    {"experiment", TEXT},
    {"model", TEXT | NOTHING},
    {"over", OBJECT | NOTHING},
    {"confirmed", OBJECT | NOTHING},
    {"refuted", OBJECT | NOTHING},
    {"batches", LIST},
    {"others_share", NUMBER | NOTHING | OPTIONAL},
    {"others_shares", LIST | OPTIONAL},
    {"missing", TEXT | NOTHING},
    {"cause", TEXT | NOTHING},
    {"n", NUMBER},
    {"verdict", TEXT | NOTHING},
    {"reason", TEXT | NOTHING},
    {NULL, 0},
};

static const char *const verdicts[] = {"confirmed", "refuted", "not shown", NULL};

// Bounds and what a script printed may be negative, as other numbers may not.
static int check_signed(const struct validation *at, const cJSON *object, const char *name, bool may_be_null)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    char found[48];

    if ((may_be_null && cJSON_IsNull(item)) || (cJSON_IsNumber(item) && fabs(item->valuedouble) <= UNITS_MOST))
        return 0;
    return validate_refuse(at, name, "%s, expected a number%s", validate_describe(item, found),
                           may_be_null ? " or null" : "");
}

static int check_bound(const struct validation *at, const cJSON *figure, const char *name)
{
    const cJSON *bound = cJSON_GetObjectItemCaseSensitive(figure, name);

    if (!cJSON_IsObject(bound))
        return 0;
    return check_signed(at, bound, field(bound, "at_most") != NULL ? "at_most" : "at_least", false);
}

static int check_figure(const struct validation *at, const cJSON *figure)
{
    static const char *const units[] = {"ns", "bytes", "count", "share", "per_s", "ratio", NULL};
    int err = validate_word(at, figure, "unit", units);

    if (err == 0 && field(figure, "verdict") != NULL)
        err = validate_word(at, figure, "verdict", verdicts);
    if (err == 0)
        err = check_signed(at, figure, "median", true);
    if (err == 0)
        err = check_signed(at, figure, "low", true);
    if (err == 0)
        err = check_signed(at, figure, "high", true);
    if (err == 0)
        err = check_bound(at, figure, "confirmed");
    return err == 0 ? check_bound(at, figure, "refuted") : err;
}

// Which figure decided is one of them.
static int check_judged(const struct validation *at, const cJSON *judged)
{
    double deciding = field_number(judged, "deciding");
    int err = field(judged, "verdict") != NULL ? validate_word(at, judged, "verdict", verdicts) : 0;

    if (err == 0)
        err = validate_length(at, judged, "figures", MOST_FIGURES);
    if (err == 0)
        err = validate_list(at, judged, "figures", figure_rules, check_figure);
    if (err == 0 && deciding >= cJSON_GetArraySize(field(judged, "figures")))
        err = validate_refuse(at, "deciding", "%.0f, expected one of the figures", deciding);
    return err;
}

static int check_answer(const struct validation *at, const cJSON *asks, const cJSON *number, const char *name)
{
    int n = cJSON_GetArraySize(field(asks, "answers"));

    return number == NULL || number->valuedouble < n
               ? 0
               : validate_refuse(at, name, "%.0f, expected one of the %d answers", number->valuedouble, n);
}

static int check_asks(const struct validation *outer, const cJSON *claim)
{
    struct validation at = *outer;
    const cJSON *asks = field(claim, "asks");
    int err;

    if (asks == NULL)
        return field(claim, "predicted") == NULL
                   ? 0
                   : validate_refuse(outer, "predicted", "an answer without a question, expected null");
    snprintf(at.where, sizeof at.where, "%.100s.asks", outer->where);
    err = validate_rules(&at, asks, asks_rules);
    if (err == 0)
        err = validate_texts(&at, asks, "answers");
    if (err == 0)
        err = check_answer(&at, asks, field(asks, "right"), "right");
    return err == 0 ? check_answer(outer, asks, field(claim, "predicted"), "predicted") : err;
}

static int check_claim(const struct validation *at, const cJSON *claim)
{
    int err = check_judged(at, claim);

    if (err == 0)
        err = check_asks(at, claim);
    if (err == 0)
        err = validate_texts(at, claim, "commands");
    return err == 0 ? validate_list(at, claim, "real", real_rules, check_judged) : err;
}

static int check_part(const struct validation *outer, const cJSON *document, const char *name, const struct rule *rules)
{
    struct validation at = *outer;
    const cJSON *part = cJSON_GetObjectItemCaseSensitive(document, name);

    snprintf(at.where, sizeof at.where, "%.40s", name);
    return cJSON_IsObject(part) ? validate_rules(&at, part, rules) : 0;
}

bool claims_is(const cJSON *document)
{
    const char *schema = field_text(document, "schema");

    return schema != NULL && strncmp(schema, "ccbench-claims/", strlen("ccbench-claims/")) == 0;
}

int validate_claims(const cJSON *document, char error[DOCUMENT_ERROR])
{
    static const char *const stages[] = {"measured", "list", "questions", NULL};
    const struct validation at = {.error = error};
    char found[48];
    int err;

    if (!field_is(document, "schema", CLAIMS_SCHEMA))
        return validate_refuse(&at, "schema", "%s, expected '%s'", validate_describe(field(document, "schema"), found),
                               CLAIMS_SCHEMA);
    err = validate_rules(&at, document, document_rules);
    if (err == 0)
        err = validate_word(&at, document, "stage", stages);
    if (err == 0)
        err = check_part(&at, document, "plan", plan_rules);
    if (err == 0)
        err = check_part(&at, document, "counts", counts_rules);
    if (err == 0)
        err = check_part(&at, document, "predictions", predictions_rules);
    if (err == 0)
        err = validate_length(&at, document, "claims", MOST_CLAIMS);
    if (err == 0)
        err = validate_list(&at, document, "claims", claim_rules, check_claim);
    return err == 0 ? validate_texts(&at, document, "notes") : err;
}

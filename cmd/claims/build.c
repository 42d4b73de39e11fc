// SPDX-License-Identifier: MIT
#include "cmd/claims/build.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "cmd/claims/commands.h"
#include "cmd/claims/figures.h"
#include "cmd/plan/place_origin.h"
#include "cmd/rounds/build_document.h"
#include "measure/base/json.h"
#include "reports/document/claims.h"
#include "reports/document/fields.h"
#include "reports/findings/claims_verdict.h"

static void copy_text(cJSON *object, const char *name, const cJSON *from)
{
    json_add_text(object, name, field_text(from, name));
}

static void add_asks(cJSON *object, const cJSON *claim)
{
    const cJSON *asks = field(claim, "asks");

    cJSON_AddItemToObject(object, "asks", asks != NULL ? cJSON_Duplicate(asks, true) : cJSON_CreateNull());
    cJSON_AddNullToObject(object, "predicted");
}

static void add_real(cJSON *object, const struct claim_file *claim)
{
    cJSON *list = cJSON_AddArrayToObject(object, "real"), *one;
    const cJSON *real;

    cJSON_ArrayForEach(real, field(claim->file.json, "real")) {
        one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "runtime", field_text(real, "runtime"));
        cJSON_AddNullToObject(one, "verdict");
        cJSON_AddNullToObject(one, "reason");
        cJSON_AddNullToObject(one, "deciding");
        cJSON_AddArrayToObject(one, "figures");
        cJSON_AddItemToArray(list, one);
    }
}

static cJSON *build_claim(const struct options *options, const struct claims_blocks *blocks,
                          const struct claim_file *claim)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "claim", claim->name);
    json_add_number(object, "number", claim->number > 0, claim->number);
    copy_text(object, "says", claim->file.json);
    copy_text(object, "source", claim->file.json);
    copy_text(object, "explains", claim->file.json);
    copy_text(object, "turns", claim->file.json);
    add_asks(object, claim->file.json);
    cJSON_AddItemToObject(object, "commands", claims_commands(options, claim));
    cJSON_AddNullToObject(object, "verdict");
    cJSON_AddNullToObject(object, "reason");
    cJSON_AddNullToObject(object, "would_show");
    cJSON_AddNullToObject(object, "deciding");
    cJSON_AddFalseToObject(object, "stand_in");
    cJSON_AddItemToObject(object, "figures", claims_figures(blocks, claim, NULL));
    add_real(object, claim);
    cJSON_AddNullToObject(object, "disagreement");
    return object;
}

static void add_plan(cJSON *document, const struct options *options)
{
    cJSON *plan = cJSON_AddObjectToObject(document, "plan");

    cJSON_AddNumberToObject(plan, "batches", CLAIMS_BATCHES);
    cJSON_AddNumberToObject(plan, "batches_most", CLAIMS_BATCHES_MOST);
    cJSON_AddNumberToObject(plan, "rounds", CLAIMS_ROUNDS);
    cJSON_AddNumberToObject(plan, "cores", claims_cores(options));
    json_add_number(plan, "time_limit_ns", options->time_limit_ns > 0, (double)options->time_limit_ns);
}

static void add_placement(cJSON *document, const struct options *options)
{
    cJSON *placement = cJSON_AddObjectToObject(document, "placement");
    struct cpus cpus = claims_cpus(options, 0), last;
    unsigned workers;
    char text[256];

    place_origin(options, &cpus, &last, &workers);
    cJSON_AddStringToObject(placement, "cpus", cpus_write(&cpus, text, sizeof text));
    cJSON_AddStringToObject(placement, "origin_cpus", cpus_write(&last, text, sizeof text));
    cJSON_AddNumberToObject(placement, "origin_workers", workers);
}

cJSON *claims_build(const struct options *options, const struct chosen *chosen, const struct claims_blocks *blocks,
                    const char *stage, int argc, char **argv)
{
    cJSON *document = cJSON_CreateObject(), *claims;

    cJSON_AddStringToObject(document, "schema", CLAIMS_SCHEMA);
    cJSON_AddStringToObject(document, "stage", stage);
    build_begin(document, options, argc, argv);
    cJSON_AddBoolToObject(document, "long", options->verbose || options->argument_count > 0);
    add_plan(document, options);
    add_placement(document, options);
    claims = cJSON_AddArrayToObject(document, "claims");
    for (unsigned i = 0; i < chosen->count; i++)
        cJSON_AddItemToArray(claims, build_claim(options, blocks, chosen->claims[i]));
    cJSON_AddNullToObject(document, "counts");
    cJSON_AddNullToObject(document, "predictions");
    cJSON_AddArrayToObject(document, "notes");
    cJSON_AddNumberToObject(document, "status", 0);
    return document;
}

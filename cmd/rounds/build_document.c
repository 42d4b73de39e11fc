// SPDX-License-Identifier: MIT
#include "cmd/rounds/build_document.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef CCBENCH_HAVE_UV
#include <uv.h>
#endif

#include "cmd/plan/ideal.h"
#include "cmd/plan/required.h"
#include "cmd/trial/burden.h"
#include "measure/base/clock.h"
#include "measure/base/cpus.h"
#ifdef CCBENCH_HAVE_HTTP_MESSAGE
#include "measure/base/http_message.h"
#endif
#include "measure/base/json.h"
#include "measure/base/libcurl.h"
#include "measure/base/secrets.h"
#include "measure/base/signals.h"
#include "measure/base/utf8.h"
#include "measure/machine/environment.h"
#include "measure/supervisor.h"
#include "reports/document/document.h"
#include "reports/document/fingerprint.h"
#include "revision.h"
#include "runtimes/registry.h"
#include "version.h"

static void add_count_or_null(cJSON *object, const char *name, uint64_t value)
{
    json_add_number(object, name, value != 0, (double)value);
}

static void add_libraries(cJSON *version)
{
    cJSON *libraries = cJSON_AddObjectToObject(version, "libraries");

    cJSON_AddStringToObject(libraries, "cJSON", cJSON_Version());
#ifdef CCBENCH_HAVE_UV
    cJSON_AddStringToObject(libraries, "libuv", uv_version_string());
#endif
#ifdef CCBENCH_HAVE_CURL
    cJSON_AddStringToObject(libraries, "libcurl", libcurl_version());
#endif
#ifdef CCBENCH_HAVE_HTTP_MESSAGE
    char text[32];

    cJSON_AddStringToObject(libraries, HTTP_MESSAGE_PARSER, http_message_version(text, sizeof text));
#endif
    if (CCBENCH_BOOST_VERSION[0] != '\0')
        cJSON_AddStringToObject(libraries, "Boost.Context", CCBENCH_BOOST_VERSION);
    cJSON_AddStringToObject(libraries, "green_switch", CCBENCH_BOOST_CONTEXT);
}

cJSON *build_version(void)
{
    cJSON *version = cJSON_CreateObject();

    cJSON_AddStringToObject(version, "version", CCBENCH_VERSION);
    cJSON_AddStringToObject(version, "build_type", CCBENCH_BUILD_TYPE);
    json_add_text(version, "sanitizer", CCBENCH_SANITIZER);
    cJSON_AddBoolToObject(version, "burden", burden_built);
    json_add_text(version, "revision", CCBENCH_REVISION);
    cJSON_AddStringToObject(version, "compiler", CCBENCH_COMPILER);
    cJSON_AddStringToObject(version, "flags", CCBENCH_FLAGS);
    add_libraries(version);
    return version;
}

static void add_started(cJSON *document)
{
    time_t now = time(NULL);
    struct tm utc;
    char text[32];

    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    cJSON_AddStringToObject(document, "started", text);
}

// Where in a word the value of --header begins, of which `before` is the word before it; 0: it is no such word.
static size_t header_in(const char *before, const char *word)
{
    size_t flags = 1 + strspn(word + (word[0] != '\0'), "qkv"), name = strcspn(word, "=");

    if (strcmp(before, "-H") == 0 || (strlen(before) > 3 && strncmp("--header", before, strlen(before)) == 0))
        return 1;
    if (word[0] == '-' && word[1] != '-' && strlen(word) > flags && word[flags] == 'H')
        return flags + 2;
    return name > 3 && word[name] == '=' && strncmp("--header", word, name) == 0 ? name + 2 : 0;
}

// What was typed, as it may be published.
static cJSON *typed(const char *before, const char *word)
{
    size_t header = header_in(before, word);
    char *masked = header > 0 ? secrets_mask_header(word + header - 1) : secrets_mask(word);
    cJSON *text = cJSON_CreateString(masked != NULL ? masked : "***");
    char *whole;

    free(masked);
    if (header <= 1 || asprintf(&whole, "%.*s%s", (int)header - 1, word, text->valuestring) < 0)
        return text;
    cJSON_SetValuestring(text, whole);
    free(whole);
    return text;
}

void build_command(cJSON *document, int argc, char **argv)
{
    cJSON *command;

    cJSON_AddItemToObject(document, "ccbench", build_version());
    command = cJSON_AddArrayToObject(document, "command");
    cJSON_AddItemToArray(command, cJSON_CreateString("ccbench"));
    for (int i = 0; i < argc; i++)
        cJSON_AddItemToArray(command, typed(i > 0 ? argv[i - 1] : "", argv[i]));
}

void build_head(cJSON *document, int argc, char **argv)
{
    build_command(document, argc, argv);
    add_started(document);
}

void build_begin(cJSON *document, const struct options *options, int argc, char **argv)
{
    build_head(document, argc, argv);
    cJSON_AddNumberToObject(document, "seed", (double)options->seed);
    cJSON_AddNumberToObject(document, "duration_ns", 0);
    cJSON_AddNullToObject(document, "interrupted");
    cJSON_AddItemToObject(document, "environment", environment_describe());
}

void build_end(cJSON *document, uint64_t start_ns)
{
    int caught = supervisor_interrupted();

    json_set(document, "duration_ns", cJSON_CreateNumber((double)(clock_now_ns() - start_ns)));
    if (caught != 0)
        json_set(document, "interrupted", cJSON_CreateString(signals_name(caught)));
}

void build_placement(cJSON *document, const struct plan *plan)
{
    cJSON *placement = cJSON_CreateObject();
    char text[256];

    json_set(document, "placement", placement);
    // Where they are swept, each block has its own.
    if (plan->options->cpus_count > 1)
        cJSON_AddNullToObject(placement, "cpus");
    else
        cJSON_AddStringToObject(placement, "cpus", cpus_write(&plan->blocks[0].cpus, text, sizeof text));
    if (plan->options->origin != NULL)
        cJSON_AddNullToObject(placement, "origin_cpus");
    else
        cJSON_AddStringToObject(placement, "origin_cpus", cpus_write(&plan->origin_cpus, text, sizeof text));
    if (plan->options->origin == NULL)
        cJSON_AddNumberToObject(placement, "origin_workers", plan->origin_workers);
    if (plan->origin != NULL)
        cJSON_AddItemToObject(placement, "origin", cJSON_Duplicate(plan->origin, true));
}

// Once for all blocks of it.
static void add_label(cJSON *labels, const char *label)
{
    const cJSON *earlier;

    cJSON_ArrayForEach(earlier, labels) {
        if (strcmp(earlier->valuestring, label) == 0)
            return;
    }
    cJSON_AddItemToArray(labels, cJSON_CreateString(label));
}

static int add_requirement(const char *text, size_t length, void *list)
{
    char *one = required_text(text, length);

    cJSON_AddItemToArray(list, cJSON_CreateString(one != NULL ? one : ""));
    free(one);
    return 0;
}

static void add_plan(cJSON *document, const struct plan *plan)
{
    const struct options *options = plan->options;
    cJSON *json = cJSON_AddObjectToObject(document, "plan");
    cJSON *models = cJSON_AddArrayToObject(json, "models"), *workloads = cJSON_AddArrayToObject(json, "workloads");

    for (unsigned i = 0; plan->block_count > 0 && i < plan->blocks[0].cell_count; i++)
        cJSON_AddItemToArray(models, cJSON_CreateString(plan->blocks[0].cells[i].label));
    for (unsigned i = 0; i < plan->block_count; i++)
        add_label(workloads, plan->blocks[i].workload.label);
    // One text each, however they were typed.
    if (options->require.count > 0)
        required_each(&options->require, add_requirement, cJSON_AddArrayToObject(json, "require"));
    add_count_or_null(json, "rounds", options->rounds);
    if (options->repeat != 0)
        cJSON_AddNumberToObject(json, "repeat", options->repeat);
    cJSON_AddNumberToObject(json, "precision", options->precision);
    add_count_or_null(json, "time_limit_ns", plan->time_limit_ns);
    add_count_or_null(json, "timeout_ns", options->timeout_ns);
    add_count_or_null(json, "task_timeout_ns", options->task_timeout_ns);
    cJSON_AddStringToObject(json, "reference", plan->reference.label);
    json_add_masked(json, "url", options->url);
    json_add_masked(json, "server", options->server);
    if (options->url != NULL)
        http_client_to_plan(&options->client, true, json);
    if (options->server_ready != NULL)
        json_add_masked(json, "server_ready", options->server_ready);
    cJSON_AddNumberToObject(json, "gil_interval_ns", (double)options->defaults.gil_interval.value);
}

static cJSON *build_cell(const struct plan *plan, const struct block *block, struct cell *cell)
{
    const struct model *model = cell->entry->model;
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "model", cell->label);
    json_add_text(json, "kin", model != NULL ? model->kin : NULL);
    cJSON_AddNumberToObject(json, "lanes", cell->lanes);
    cJSON_AddNullToObject(json, "status");
    cJSON_AddNullToObject(json, "reason");
    if (model != NULL && model->pretends)
        cJSON_AddTrueToObject(json, "pretends");
    if (model != NULL && plan_other_family(block, cell) != NULL)
        cJSON_AddStringToObject(json, "family", plan_other_family(block, cell)->name);
    if (model != NULL && model->runtime != NULL)
        json_add_text(json, "loop", registry_raw(model->runtime) != NULL ? model->runtime->loop : NULL);
    if (model != NULL && model->emulates != NULL)
        cJSON_AddStringToObject(json, "emulates", model->emulates);
    if (model != NULL)
        cJSON_AddItemToObject(json, "trial", plan_trial(plan, block, cell, NULL, false));
    else
        cJSON_AddNullToObject(json, "trial");
    cJSON_AddNullToObject(json, "memory");
    cJSON_AddNullToObject(json, "memory_reason");
    cJSON_AddArrayToObject(json, "samples");
    cJSON_AddNullToObject(json, "summary");
    cell->json = json;
    return json;
}

cJSON *build_rate(const struct block *block)
{
    cJSON *rate;

    if (!plan_open_loop(block))
        return cJSON_CreateNull();
    rate = cJSON_CreateObject();
    cJSON_AddNumberToObject(rate, "per_s", block->arrivals.rate_per_s);
    cJSON_AddBoolToObject(rate, "constant", block->arrivals.constant);
    cJSON_AddNumberToObject(rate, "span_ns", (double)block->span_ns);
    return rate;
}

static void add_description(cJSON *json, const struct plan *plan, const struct block *block)
{
    char describe[300];

    if (plan->options->url != NULL && block->fetches > 0) {
        snprintf(describe, sizeof describe, "fetches %.*s", UTF8_CLIPPED(plan->options->url, 290));
        json_add_masked(json, "describe", describe);
    } else {
        cJSON_AddStringToObject(json, "describe", block->workload.describe);
    }
}

// What the plan says of the block.
static void add_planned(cJSON *json, const struct plan *plan, const struct block *block)
{
    char cpus[256];

    cJSON_AddStringToObject(json, "workload", block->workload.label);
    add_description(json, plan, block);
    cJSON_AddNumberToObject(json, "tasks", block->tasks);
    cJSON_AddNumberToObject(json, "concurrency", block->concurrency);
    cJSON_AddNumberToObject(json, "cores", block->cores);
    if (plan->options->cpus_count > 1)
        cJSON_AddStringToObject(json, "cpus", cpus_write(&block->cpus, cpus, sizeof cpus));
    if (block->point.group != 0)
        cJSON_AddItemToObject(json, "sweep", sweep_describe(&block->point));
    cJSON_AddItemToObject(json, "rate", build_rate(block));
    json_add_text(json, "kind", ideal_kind(block));
}

// Models of another language and interpreter compute at a speed of their own: what that is stands once for all of them.
static void add_family(cJSON *json, const struct block *block, const struct cell *cell)
{
    const struct family *family = cell->entry->model != NULL ? plan_other_family(block, cell) : NULL;
    cJSON *families = cJSON_GetObjectItemCaseSensitive(json, "families"), *object;

    if (family == NULL || cJSON_HasObjectItem(families, family->name))
        return;
    if (families == NULL)
        families = cJSON_AddObjectToObject(json, "families");
    object = cJSON_AddObjectToObject(families, family->name);
    cJSON_AddNullToObject(object, "ideal_ns");
    cJSON_AddNullToObject(object, "ideal_formula");
    cJSON_AddStringToObject(object, "ideal_reason", ideal_missing(family->work));
    cJSON_AddNullToObject(object, "calibration");
}

static cJSON *build_block(const struct plan *plan, struct block *block)
{
    cJSON *json = cJSON_CreateObject(), *cells;

    add_planned(json, plan, block);
    cJSON_AddNullToObject(json, "cpu_share");
    cJSON_AddNullToObject(json, "ideal_ns");
    cJSON_AddNullToObject(json, "ideal_formula");
    cJSON_AddStringToObject(json, "ideal_reason", ideal_missing(block));
    cJSON_AddNumberToObject(json, "rounds", 0);
    cJSON_AddFalseToObject(json, "warmup");
    cJSON_AddStringToObject(json, "stopped", "interrupted");
    cJSON_AddNullToObject(json, "calibration");
    cJSON_AddArrayToObject(json, "warnings");
    cJSON_AddArrayToObject(json, "findings");
    for (unsigned i = 0; i < block->cell_count; i++)
        add_family(json, block, &block->cells[i]);
    cells = cJSON_AddArrayToObject(json, "cells");
    for (unsigned i = 0; i < block->cell_count; i++)
        cJSON_AddItemToArray(cells, build_cell(plan, block, &block->cells[i]));
    block->json = json;
    return json;
}

static bool has_samples(const struct cell *cell)
{
    return cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(cell->json, "samples")) > 0;
}

void build_statuses(struct block *block, const char *unmeasured)
{
    static const char *const names[] = {
        [CELL_OK] = "ok", [CELL_SKIPPED] = "skipped", [CELL_FAILED] = "failed", [CELL_WRONG] = "wrong"};

    for (unsigned i = 0; i < block->cell_count; i++) {
        struct cell *cell = &block->cells[i];

        if (cell->status == CELL_OK && !has_samples(cell))
            cell_end(cell, CELL_SKIPPED, "%s", unmeasured);
        json_set(cell->json, "status", cJSON_CreateString(names[cell->status]));
        if (cell->status != CELL_OK)
            json_set(cell->json, "reason", cJSON_CreateString(cell->reason));
    }
}

// Which libcurl is used is known once it is there, which only those need that fetch.
static void load_libraries(const struct plan *plan)
{
#ifdef CCBENCH_HAVE_CURL
    for (unsigned i = 0; i < plan->block_count; i++) {
        if (plan->blocks[i].fetches > 0)
            libcurl_load(NULL);
    }
#else
#endif
}

cJSON *build_workloads(struct plan *plan)
{
    cJSON *workloads = cJSON_CreateArray();

    for (unsigned i = 0; i < plan->block_count; i++)
        cJSON_AddItemToArray(workloads, build_block(plan, &plan->blocks[i]));
    return workloads;
}

cJSON *build_document(struct plan *plan, cJSON *runtimes, int argc, char **argv)
{
    cJSON *document = cJSON_CreateObject();

    load_libraries(plan);
    cJSON_AddStringToObject(document, "schema", DOCUMENT_SCHEMA);
    build_begin(document, plan->options, argc, argv);
    if (runtimes != NULL)
        cJSON_AddItemToObject(cJSON_GetObjectItemCaseSensitive(document, "environment"), "runtimes", runtimes);
    build_placement(document, plan);
    add_plan(document, plan);
    cJSON_AddItemToObject(document, "workloads", build_workloads(plan));
    cJSON_AddItemToObject(document, "fingerprint", fingerprint_make(document));
    cJSON_AddNumberToObject(document, "status", 0);
    return document;
}

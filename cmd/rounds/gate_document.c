// SPDX-License-Identifier: MIT
#include "cmd/rounds/gate_document.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/rounds/build_document.h"
#include "measure/base/cpus.h"
#include "measure/base/json.h"
#include "measure/base/secrets.h"
#include "measure/base/stats.h"
#include "measure/base/text.h"
#include "measure/base/words.h"
#include "measure/pairs_looks.h"
#include "reports/document/fingerprint.h"
#include "reports/document/gate.h"
#include "reports/document/metrics.h"

// A server of each side's own is what differs; else, where tasks fetch, wall time resolves far less than CPU time.
static const char *metrics_of(const struct options *options, const struct block *block)
{
    if (options->metrics[0] != '\0')
        return options->metrics;
    // What arrives at a rate takes as long as its arrivals.
    if (block->fetches == 0)
        return block->span_ns == 0 ? "time" : "cpu";
    return options->side_servers[SIDE_BASE] != NULL || options->side_servers[SIDE_NEW] != NULL ? "server-cpu" : "cpu";
}

// Calls `take` for each metric of the cell's block that applies to it.
static int each_metric(const struct options *options, const struct block *block,
                       int (*take)(const struct metric *metric, const struct block *block, void *data), void *data)
{
    int status = 0;

    for (const char *name = metrics_of(options, block); status == 0; name++) {
        size_t length = strcspn(name, ",");
        const struct metric *metric = metric_by_option(name, length);

        // The server of tasks that fetch nothing has nothing to do.
        if (!metric->of_server || block->fetches > 0)
            status = take(metric, block, data);
        name += length;
        if (*name == '\0')
            break;
    }
    return status;
}

static int check_metric(const struct metric *metric, const struct block *block, void *data)
{
    const struct options *options = data;
    size_t needed = metric->percentile > 0 ? stats_percentile_needs(metric->percentile) : 0;

    if (block->tasks < needed)
        return complain("--metric=%s: '%s' has %u tasks, expected at least %zu (--tasks=%zu)", metric->option,
                        block->workload.label, block->tasks, needed, needed);
    if (metric->of_server && (options->url == NULL || options_foreign_server(options)))
        return complain("--metric=%s: the HTTP origin is not what is gated, expected --server=CMD", metric->option);
    if (metric->from_memory && options_foreign_server(options) && block->fetches > 0)
        return complain("--metric=memory: with --url nothing but the timed tasks is fetched");
    return 0;
}

int gate_document_check_metrics(const struct options *options, const struct plan *plan)
{
    int status = 0;

    for (unsigned i = 0; status == 0 && i < plan->block_count; i++)
        status = each_metric(options, &plan->blocks[i], check_metric, (void *)options);
    return status;
}

static int add_metric(const struct metric *metric, const struct block *block, void *data)
{
    struct gate_cell *cell = data;
    cJSON *object, *list = cJSON_GetObjectItemCaseSensitive(cell->json, "metrics");

    cJSON_ArrayForEach(object, list) {
        if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "metric")), metric->option) == 0)
            return 0; // typed twice
    }
    object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "metric", metric->option);
    cJSON_AddStringToObject(object, "unit", metric_gate_unit(metric));
    cJSON_AddItemToArray(list, object);
    cell->memory |= metric->from_memory;
    cell->timed |= !metric->from_memory;
    return 0;
}

static void write_option(FILE *out, const char *name, const char *value)
{
    if (value == NULL)
        return;
    fprintf(out, " --%s=", name);
    words_write(out, value);
}

static void write_cpus(FILE *out, const char *name, const struct cpus *cpus, bool given)
{
    char text[256];

    if (given)
        write_option(out, name, cpus_write(cpus, text, sizeof text));
}

static void write_time(FILE *out, const char *name, uint64_t ns)
{
    char text[UNITS_TEXT];

    if (ns != 0)
        write_option(out, name, units_write_duration(text, ns));
}

static void write_rate(FILE *out, const struct options *options)
{
    char text[UNITS_TEXT];

    if (options->rates.count > 0)
        fprintf(out, " --rate=%s%s", range_write(text, QUANTITY_RATE, options->rates.values[0]),
                options->rate_constant ? ":constant" : "");
}

static void write_servers(FILE *out, const struct options *options)
{
    write_option(out, "server", options->server);
    write_option(out, "base-server", options->side_servers[SIDE_BASE]);
    write_option(out, "new-server", options->side_servers[SIDE_NEW]);
    write_option(out, "server-ready", options->server_ready);
    write_time(out, "server-stop", options->server_stop_ns != OPTIONS_SERVER_STOP_NS ? options->server_stop_ns : 0);
}

// Where and how its tasks fetch.
static void write_client(FILE *out, const struct options *options)
{
    const struct http_client *client = &options->client;

    write_option(out, "origin", options->origin);
    write_option(out, "token", options->token != NULL ? SECRETS_MASK : NULL);
    write_option(out, "url", options->url);
    fputs(options->url_varies ? " --url-varies" : "", out);
    for (unsigned i = 0; i < client->header_count; i++) {
        char *masked = secrets_mask_header(client->headers[i]);

        write_option(out, "header", masked);
        free(masked);
    }
    write_option(out, "cacert", client->cacert);
    write_option(out, "unix-socket", client->unix_socket);
    fputs(client->insecure ? " --insecure" : "", out);
}

// The gate of this cell alone, as somebody would type it.
static void write_repeat(FILE *out, const struct gate *gate, const struct gate_cell *cell)
{
    const struct options *options = gate->options;
    const struct block *block = cell->block;

    fputs("ccbench gate", out);
    write_option(out, "base", gate->sides[SIDE_BASE].command);
    write_option(out, "new", gate->sides[SIDE_NEW].command);
    write_option(out, "model", cell->cell->label);
    write_option(out, "workload", block->workload.file != NULL ? block->workload.file : block->workload.label);
    fprintf(out, " --tasks=%u --concurrency=%u --rounds=%u%s", block->tasks, block->concurrency, gate->rounds,
            options->fixed ? " --fixed" : "");
    if (options->repeat != 0)
        fprintf(out, " --repeat=%u", options->repeat);
    fprintf(out, " --allow=%.10g%% --metric=%s", 100 * options->allowed, metrics_of(options, block));
    write_rate(out, options);
    write_servers(out, options);
    if (block->fetches > 0)
        write_client(out, options);
    write_cpus(out, "cpus", &block->cpus, options->cpus_count > 0);
    write_cpus(out, "origin-cpus", &options->origin_cpus, cpus_count(&options->origin_cpus) > 0);
    if (options->origin_workers > 0)
        fprintf(out, " --origin-workers=%u", options->origin_workers);
    write_time(out, "timeout", options->timeout_ns);
    write_time(out, "task-timeout", options->task_timeout_ns);
    write_time(out, "gil-interval",
               options->defaults.gil_interval.value != OPTIONS_GIL_INTERVAL_NS ? options->defaults.gil_interval.value
                                                                               : 0);
    fprintf(out, " --seed=%llu", (unsigned long long)options->seed);
}

static cJSON *repeat_of(const struct gate *gate, const struct gate_cell *cell)
{
    struct text_stream stream;
    cJSON *item = NULL;

    if (text_stream_open(&stream) != 0)
        return NULL;
    write_repeat(stream.out, gate, cell);
    if (text_stream_close(&stream) == 0)
        item = json_masked(stream.text);
    free(stream.text);
    return item;
}

// Why a cell of the plan is not compared; NULL where it is.
static const char *excuse_of(const struct gate_cell *cell)
{
    if (cell->cell->ended)
        return cell->cell->reason;
    return cell->timed || cell->memory ? NULL : "none of the metrics asked for applies";
}

// The trial's plan, or null where the model is not built.
static cJSON *trial_of(const struct gate *gate, const struct gate_cell *cell)
{
    if (cell->cell->entry->model == NULL)
        return cJSON_CreateNull();
    return plan_trial(gate->plan, cell->block, cell->cell, NULL, false);
}

// What the plan says of the cell.
static void add_planned(cJSON *json, const struct gate_cell *cell)
{
    const struct block *block = cell->block;
    char cpus[256];

    cJSON_AddStringToObject(json, "workload", block->workload.label);
    cJSON_AddStringToObject(json, "describe", block->workload.describe);
    cJSON_AddNumberToObject(json, "tasks", block->tasks);
    cJSON_AddNumberToObject(json, "concurrency", block->concurrency);
    cJSON_AddStringToObject(json, "cpus", cpus_write(&block->cpus, cpus, sizeof cpus));
    cJSON_AddStringToObject(json, "model", cell->cell->label);
    cJSON_AddNumberToObject(json, "lanes", cell->cell->lanes);
}

static cJSON *make_cell(const struct gate *gate, struct gate_cell *cell)
{
    cJSON *json = cJSON_CreateObject();

    cell->json = json;
    add_planned(json, cell);
    cJSON_AddNullToObject(json, "status");
    cJSON_AddNullToObject(json, "reason");
    cJSON_AddItemToObject(json, "trial", trial_of(gate, cell));
    cJSON_AddItemToObject(json, "repeat", repeat_of(gate, cell));
    gate_settle_repeat(gate, cell);
    cJSON_AddArrayToObject(json, "pairs");
    cJSON_AddArrayToObject(json, "metrics");
    each_metric(gate->options, cell->block, add_metric, cell);
    cell->excuse = excuse_of(cell);
    cell->active = cell->excuse == NULL;
    json_set(json, "status", cJSON_CreateString(cell->active ? "compared" : "skipped"));
    if (!cell->active)
        json_set(json, "reason", cJSON_CreateString(cell->excuse));
    return json;
}

void gate_document_replan(struct gate *gate)
{
    for (unsigned i = 0; i < gate->count; i++)
        json_set(gate->cells[i].json, "trial", trial_of(gate, &gate->cells[i]));
}

static void add_side(cJSON *document, const struct gate_side *side)
{
    cJSON *json = cJSON_AddObjectToObject(document, side->name);

    json_add_masked(json, "name", side->command);
    json_add_masked(json, "server", side->server);
    cJSON_AddNullToObject(json, "version");
    cJSON_AddNullToObject(json, "started");
    cJSON_AddNullToObject(json, "fingerprint");
}

static void add_rule(struct gate *gate)
{
    cJSON *rule = cJSON_AddObjectToObject(gate->document, "rule");

    cJSON_AddNumberToObject(rule, "allowed", gate->options->allowed);
    cJSON_AddNumberToObject(rule, "rounds", gate->rounds);
    cJSON_AddNumberToObject(rule, "comparisons", 1);
    cJSON_AddNumberToObject(rule, "level", PAIRS_LEVEL);
    json_add_number(rule, "first_look", !gate->options->fixed, PAIRS_FIRST_LOOK);
    json_add_number(rule, "pass_level", !gate->options->fixed, PAIRS_PASS_LEVEL);
    cJSON_AddStringToObject(rule, "inconclusive", gate_inconclusive_words[gate->options->inconclusive]);
}

static unsigned count_cells(const struct plan *plan)
{
    unsigned count = 0;

    for (unsigned i = 0; i < plan->block_count; i++)
        count += plan->blocks[i].cell_count;
    return count;
}

static void add_cells(struct gate *gate)
{
    cJSON *cells = cJSON_AddArrayToObject(gate->document, "cells");

    for (unsigned i = 0; i < gate->plan->block_count; i++) {
        struct block *block = &gate->plan->blocks[i];

        for (unsigned j = 0; j < block->cell_count; j++) {
            struct gate_cell *cell = &gate->cells[gate->count++];

            *cell = (struct gate_cell){.block = block, .cell = &block->cells[j]};
            cJSON_AddItemToArray(cells, make_cell(gate, cell));
        }
    }
}

int gate_document_make(struct gate *gate, int argc, char **argv)
{
    cJSON *document = cJSON_CreateObject();

    gate->document = document;
    gate->cells = calloc(count_cells(gate->plan) + 1, sizeof *gate->cells);
    if (gate->cells == NULL)
        return -ENOMEM;
    cJSON_AddStringToObject(document, "schema", GATE_SCHEMA);
    cJSON_AddStringToObject(document, "kind", "gate");
    build_begin(document, gate->options, argc, argv);
    cJSON_AddItemToObject(document, "fingerprint", fingerprint_make(document));
    build_placement(document, gate->plan);
    for (int side = 0; side < SIDES; side++)
        add_side(document, &gate->sides[side]);
    cJSON_AddNullToObject(document, "mismatch");
    add_rule(gate);
    cJSON_AddArrayToObject(document, "rounds");
    cJSON_AddNullToObject(document, "control");
    add_cells(gate);
    cJSON_AddArrayToObject(document, "notes");
    return 0;
}

unsigned gate_document_comparisons(struct gate *gate)
{
    unsigned comparisons = 0;

    for (unsigned i = 0; i < gate->count; i++) {
        if (gate->cells[i].active)
            comparisons += (unsigned)cJSON_GetArraySize(
                cJSON_GetObjectItemCaseSensitive(gate->cells[i].json, "metrics"));
    }
    json_set(cJSON_GetObjectItemCaseSensitive(gate->document, "rule"), "comparisons",
             cJSON_CreateNumber(comparisons > 0 ? comparisons : 1));
    return comparisons;
}

// SPDX-License-Identifier: MIT
// A cell as its trials are asked for it.
#include <cjson/cJSON.h>
#include <libgen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/plan/plan.h"
#include "measure/base/json.h"
#include "measure/protocol.h"
#include "workloads/program/json.h"

unsigned plan_own_family(const struct block *block)
{
    for (unsigned i = 0; i < block->cell_count; i++) {
        if (block->cells[i].family == 0)
            return 0;
    }
    return block->family_count == 1 ? 1 : 0;
}

// Whether how fast a language is decides, and not how its models wait. Adding to what all share is computing too, but for what
// is added beside waiting.
static bool computes(const struct block *block)
{
    uint32_t adds = STEP_BIT(STEP_LOAD) | STEP_BIT(STEP_STORE) | STEP_BIT(STEP_ADD) | STEP_BIT(STEP_LOAD_FILE) |
                    STEP_BIT(STEP_STORE_FILE);
    bool waits = block->kinds & STEP_BIT(STEP_FETCH) || block->mean_wait_ns + block->mean_block_ns > 0;

    return block->mean_units > 0 || (block->kinds & adds && !waits);
}

const struct family *plan_other_family(const struct block *block, const struct cell *cell)
{
    if (!computes(block) || cell->family == plan_own_family(block))
        return NULL;
    return cell->family > 0 ? &block->families[cell->family - 1] : NULL;
}

struct arrivals plan_arrivals(const struct block *block, bool memory)
{
    return memory ? (struct arrivals){.rate_per_s = 0} : block->arrivals;
}

void plan_runtime(const struct model_entry *entry, cJSON *json)
{
    const struct runtime *runtime = entry->model->runtime;

    if (runtime == NULL)
        return;
    if (runtime->typed != NULL)
        cJSON_AddStringToObject(json, "interpreter", runtime->typed);
    if (entry->name != runtime->model.name)
        cJSON_AddStringToObject(json, "carrier", runtime->model.name);
}

// Where functions of the user's own are looked for: beside the file that names them, which may be none of its own but a part
// of a claim's.
static void add_folder(cJSON *json, const struct workload *workload)
{
    char *file = workload->file != NULL ? realpath(workload->file, NULL) : NULL, *folder;

    if (file == NULL && workload->file != NULL)
        file = strdup(workload->file);
    folder = file != NULL ? realpath(dirname(file), NULL) : NULL;
    if (folder != NULL)
        cJSON_AddStringToObject(json, "folder", folder);
    free(folder);
    free(file);
}

static void add_arrivals(cJSON *json, struct arrivals arrivals)
{
    if (arrivals.rate_per_s <= 0)
        return;
    cJSON_AddNumberToObject(json, "rate_per_s", arrivals.rate_per_s);
    if (arrivals.constant)
        cJSON_AddTrueToObject(json, "rate_constant");
}

cJSON *plan_trial(const struct plan *plan, const struct block *block, const struct cell *cell, const char *origin,
                  bool memory)
{
    const struct options *options = plan->options;
    cJSON *json = cJSON_CreateObject();

    block = plan_work(block, cell);
    cJSON_AddNumberToObject(json, "protocol", PROTOCOL_VERSION);
    cJSON_AddStringToObject(json, "model", cell->entry->name);
    cJSON_AddNumberToObject(json, "tasks", block->tasks);
    cJSON_AddNumberToObject(json, "lanes", cell->lanes);
    cJSON_AddNumberToObject(json, "cores", ceil(block->cores));
    cJSON_AddNumberToObject(json, "seed", (double)options->seed);
    add_arrivals(json, plan_arrivals(block, memory));
    plan_runtime(cell->entry, json);
    parameters_to_plan(cell->entry->model->parameters, &cell->parameters, json);
    if (memory || options->hardware)
        cJSON_AddTrueToObject(json, memory ? "memory" : "hardware");
    if (options->url != NULL && block->fetches > 0) {
        json_add_masked(json, "url", options->url);
        http_client_to_plan(&options->client, true, json);
    }
    if (options->url_varies)
        cJSON_AddTrueToObject(json, "varies");
    if (origin != NULL)
        cJSON_AddStringToObject(json, "origin", origin);
    if (options->task_timeout_ns > 0)
        cJSON_AddNumberToObject(json, "task_timeout_ns", (double)options->task_timeout_ns);
    if (block->kinds & STEP_BIT(STEP_FUNCTION))
        add_folder(json, &block->workload);
    cJSON_AddItemToObject(json, "classes", task_mix_to_json(&block->workload.mix));
    return json;
}

// SPDX-License-Identifier: MIT
#include "cmd/trial/read_plan.h"

#include <cjson/cJSON.h>
#include <errno.h>

#include "cmd/trial/answer.h"
#include "measure/base/cpus.h"
#include "measure/base/units.h"
#include "measure/protocol.h"
#include "models/carry/claim_chunk.h"
#include "models/carry/http_get.h"
#include "models/carry/spawn.h"
#include "workloads/program/json.h"

double read_plan_number(const cJSON *plan, const char *name, double otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(plan, name);

    return cJSON_IsNumber(item) ? item->valuedouble : otherwise;
}

uint64_t read_plan_whole(const cJSON *plan, const char *name, double otherwise, uint64_t most)
{
    double value = read_plan_number(plan, name, otherwise);

    return value >= (double)most ? most : value > 0 ? (uint64_t)value : 0;
}

const char *read_plan_text(const cJSON *plan, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(plan, name));
}

static int read_model(const cJSON *plan, struct trial *trial)
{
    const char *name = read_plan_text(plan, "model");
    const struct model_entry *entry = name != NULL ? model_find(name) : NULL;
    double protocol = read_plan_number(plan, "protocol", 0);

    if (protocol != PROTOCOL_VERSION)
        return answer_refuse(REFUSED, "trial protocol %g is not spoken here, expected %d", protocol, PROTOCOL_VERSION);
    if (entry == NULL)
        return answer_refuse(REFUSED_LACKS, "no model '%.40s'", name != NULL ? name : "");
    if (entry->model == NULL)
        return answer_refuse(REFUSED_LACKS, "%s is not built: %s", name, entry->missing);
    trial->model = entry->model;
    return 0;
}

static int read_numbers(const cJSON *plan, struct trial *trial)
{
    trial->tasks = (uint32_t)read_plan_whole(plan, "tasks", 0, UINT32_MAX);
    trial->lanes = (uint32_t)read_plan_whole(plan, "lanes", 0, UINT32_MAX);
    trial->cores = (unsigned)read_plan_whole(plan, "cores", 1, CPUS_MOST);
    trial->task_timeout_ns = read_plan_whole(plan, "task_timeout_ns", 0, (uint64_t)UNITS_MOST);
    trial->open_loop = read_plan_number(plan, "rate_per_s", 0) > 0;
    if (trial->tasks == 0 || trial->lanes == 0)
        return answer_refuse(REFUSED, "tasks and lanes must be at least 1");
    return 0;
}

static int read_parameters(const cJSON *plan, struct trial *trial)
{
    const struct parameter *declared = trial->model->parameters;
    double chunk = read_plan_number(plan, "chunk", 1);
    char error[PARAMETERS_ERROR];

    if (parameters_from_plan(declared, plan, &trial->parameters, error) != 0)
        return answer_refuse(REFUSED, "%s %s", trial->model->name, error);
    trial->client = parameters_client(declared, &trial->parameters);
    trial->spawns = parameters_spawn(declared, &trial->parameters);
    if (chunk > 1 && parameters_tasks(declared, &trial->parameters) == 1)
        return answer_refuse(REFUSED, "%s takes no chunk of %.10g tasks", trial->model->name, chunk);
    return 0;
}

static int read_mix(const cJSON *plan, struct trial *trial)
{
    char error[JSON_ERROR];
    struct json_fault fault;
    int err = task_mix_read(plan, false, &trial->mix, &fault);

    if (err == -EINVAL)
        return answer_refuse(REFUSED_LACKS, "%s", json_fault_write(&fault, error));
    return err == 0 ? 0 : answer_refuse(REFUSED, "out of memory");
}

static int resolve_urls(const cJSON *plan, struct trial *trial)
{
    const char *origin = read_plan_text(plan, "origin"), *tls_origin = read_plan_text(plan, "origin_tls");
    struct fetch_bases bases = {
        .origin = origin != NULL ? origin : "",
        .tls_origin = tls_origin != NULL ? tls_origin : "",
        .url = read_plan_text(plan, "url"),
    };

    trial->foreign = bases.url != NULL;
    if (http_client_from_plan(plan, &trial->http) != 0)
        return answer_refuse(REFUSED, "out of memory");
    for (size_t i = 0; i < trial->mix.count; i++) {
        if (program_resolve_urls(&trial->mix.classes[i].program, &bases) != 0)
            return answer_refuse(REFUSED, "out of memory");
    }
    return 0;
}

// What all classes together need, as far as it must be there before the lanes.
static void weigh_mix(struct trial *trial)
{
    for (size_t i = 0; i < trial->mix.count; i++) {
        struct program_cost cost;

        program_cost(&trial->mix.classes[i].program, trial->foreign, &cost);
        trial->kinds |= cost.kinds;
        if (cost.depth > trial->depth)
            trial->depth = cost.depth;
        if (cost.children > trial->children)
            trial->children = cost.children;
        if (cost.own_connections + cost.child_connections > trial->connections)
            trial->connections = cost.own_connections + cost.child_connections;
        if (cost.payload_most > trial->payload_most)
            trial->payload_most = cost.payload_most;
        if (cost.read_most > trial->read_most)
            trial->read_most = cost.read_most;
        trial->direct |= cost.direct;
    }
}

int read_plan(const cJSON *plan, struct trial *trial, struct burden *ret_burden)
{
    const char *cannot;
    char reason[JSON_ERROR];
    int err = read_model(plan, trial);

    if (err == 0)
        err = read_numbers(plan, trial);
    if (err == 0)
        err = read_parameters(plan, trial);
    if (err == 0)
        err = read_mix(plan, trial);
    if (err == 0 && (burden_read(ret_burden) != 0 || burden_add(ret_burden, &trial->mix) != 0))
        err = answer_refuse(REFUSED, "CCBENCH_BURDEN is not a burden");
    if (err == 0)
        err = resolve_urls(plan, trial);
    if (err != 0)
        return err;
    weigh_mix(trial);
    trial->claim_chunk = claim_chunk(trial);
    cannot = model_cannot(trial->model, &trial->parameters, trial->kinds, reason, sizeof reason);
    return cannot == NULL ? 0 : answer_refuse(REFUSED_LACKS, "%s %s", trial->model->name, cannot);
}

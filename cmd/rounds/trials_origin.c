// SPDX-License-Identifier: MIT
#include "cmd/rounds/trials_origin.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "cmd/plan/estimate.h"
#include "cmd/rounds/connections.h"
#include "cmd/rounds/trials_server.h"
#include "measure/base/clock.h"
#include "measure/base/json.h"
#include "measure/base/task_status.h"
#include "measure/base/utf8.h"
#include "measure/sample.h"
#include "measure/slot.h"
#include "reports/document/fields.h"
#include "version.h"

// An origin that has failed a trial by ending is gone within this.
#define ORIGIN_ENDING_NS (200 * NS_PER_MS)

bool trials_origin_apart(const struct trials *trials)
{
    return trials->plan->options->origin != NULL;
}

// Of any block: it is one server for all.
static bool needs_tls(const struct plan *plan)
{
    for (unsigned i = 0; i < plan->block_count; i++) {
        if (plan->blocks[i].needs_tls)
            return true;
    }
    return false;
}

static bool needs_origin(const struct plan *plan)
{
    for (unsigned i = 0; i < plan->block_count; i++) {
        if (plan->blocks[i].needs_origin)
            return true;
    }
    return false;
}

// What can be known to be wrong with it before anything is measured; another version is only told.
static int check_set_up(const struct trials *trials, const struct plan *plan)
{
    const char *version = field_text(trials->remote.set_up, "version");

    if (needs_tls(plan) && trials->remote.certificate[0] == '\0')
        return complain_masked("origin", plan->options->origin, "speaks no TLS, expected 'ccbench serve --tls=FILE'");
    if (version != NULL && strcmp(version, CCBENCH_VERSION) != 0)
        complain("the origin is ccbench %.*s, this is %s", UTF8_CLIPPED(version, 40), CCBENCH_VERSION);
    return 0;
}

int trials_origin_open(struct trials *trials, struct plan *plan)
{
    const struct options *options = plan->options;
    char error[REMOTE_ERROR];
    int err;

    if (options->origin == NULL)
        return 0;
    if (!needs_origin(plan))
        return complain_masked("origin", options->origin, "is asked for nothing, expected a workload that fetches");
    err = origin_remote_open(&trials->remote, options->origin, options->token, options->seed, error);
    if (err == -EINTR)
        return EXIT_SIGNAL + supervisor_interrupted();
    if (err != 0)
        return complain_masked("origin", options->origin, error);
    plan->origin = origin_remote_describe(&trials->remote);
    estimate_round_trip(plan, (uint64_t)trials->remote.round_trip.median);
    return check_set_up(trials, plan);
}

void trials_origin_close(struct trials *trials)
{
    origin_process_stop(&trials->origin);
    origin_remote_close(&trials->remote);
}

static int begin_remote(struct trials *trials, char error[TRIALS_ERROR])
{
    char how[REMOTE_ERROR];
    int err = origin_remote_begin(&trials->remote, how);

    if (err != 0 && err != -EINTR)
        snprintf(error, TRIALS_ERROR, "the origin at %.*s %s", UTF8_CLIPPED(trials->remote.base, 200), how);
    return err;
}

static int start_here(struct trials *trials, char error[TRIALS_ERROR])
{
    const struct plan *plan = trials->plan;
    char how[ORIGIN_HOW] = "";
    int err = 0;

    if (origin_process_alive(&trials->origin))
        err = origin_process_catch_up(&trials->origin, how);
    else
        err = origin_process_start(&trials->origin, &plan->origin_cpus, plan->origin_workers, needs_tls(plan),
                                   plan->options->seed, how);
    if (how[0] != '\0')
        snprintf(error, TRIALS_ERROR, "ccbench's server %s", how);
    return err;
}

int trials_origin_ready(struct trials *trials, const struct block *block, char error[TRIALS_ERROR])
{
    if (needs_tls(trials->plan) && !trials->origin.tls) // it is of an earlier plan
        origin_process_stop(&trials->origin);
    if (!block->needs_origin)
        return 0;
    return trials_origin_apart(trials) ? begin_remote(trials, error) : start_here(trials, error);
}

static void aim(cJSON *plan, bool tls, const char *url, const char *tls_url, const char *certificate)
{
    cJSON_AddStringToObject(plan, "origin", url);
    if (!tls)
        return;
    cJSON_AddStringToObject(plan, "origin_tls", tls_url);
    cJSON_AddStringToObject(plan, "origin_certificate", certificate);
}

void trials_origin_aim(const struct trials *trials, const struct block *block, cJSON *plan)
{
    const struct origin_process *here = &trials->origin;
    const struct origin_remote *remote = &trials->remote;

    if (here->pid > 0)
        aim(plan, block->needs_tls, here->url, here->tls_url, here->certificate);
    else if (block->needs_origin && remote->trial_url[0] != '\0')
        aim(plan, block->needs_tls, remote->trial_url, remote->trial_tls_url, remote->certificate);
}

void trials_origin_read(const struct trials *trials, struct origin_reading *ret_reading)
{
    origin_process_read(&trials->origin, ret_reading); // zeros where none runs here
}

const char *trials_origin_look(void *data)
{
    struct trials *trials = data;
    char error[REMOTE_ERROR];

    if (!origin_remote_gone(&trials->remote, error))
        return NULL;
    snprintf(trials->remote_error, sizeof trials->remote_error, "the origin at %.*s %s",
             UTF8_CLIPPED(trials->remote.base, 200), error);
    return trials->remote_error;
}

// What the origin did for the trial.
static cJSON *add_origin(cJSON *sample, bool tls, const struct origin_reading *used)
{
    cJSON *origin = cJSON_AddObjectToObject(sample, "origin");

    cJSON_AddNumberToObject(origin, "cpu_ns", (double)used->cpu_ns);
    cJSON_AddNumberToObject(origin, "requests", (double)used->requests);
    cJSON_AddNumberToObject(origin, "connections", (double)used->connections);
    cJSON_AddNumberToObject(origin, "bytes", (double)used->bytes);
    if (used->workers > 1)
        cJSON_AddNumberToObject(origin, "busiest_cpu_ns", (double)used->busiest_cpu_ns);
    if (!tls)
        return origin;
    cJSON_AddNumberToObject(origin, "tls_connections", (double)used->tls_connections);
    cJSON_AddNumberToObject(origin, "tls_handshakes", (double)used->tls_handshakes);
    cJSON_AddNumberToObject(origin, "tls_resumed", (double)used->tls_resumed);
    return origin;
}

// Whether a task failed by what the origin answered. Others may have failed before they asked: by a timeout, a connection,
// another step.
static bool was_answered(uint16_t status)
{
    return (status >= 100 && status < TASK_STATUS_ERRNO) || status == TASK_STATUS_BODY;
}

// How many requests there must have been, since tasks ended as they did.
static uint64_t requests_least(const struct block *block, const struct slot *slots)
{
    uint64_t least = block->fetches_least;

    for (uint32_t i = 0; i < block->tasks; i++) {
        uint16_t class_index = slots[i].class_index;

        if (class_index < block->workload.mix.count && block->expected[class_index].fails &&
            was_answered(slots[i].status))
            least++;
    }
    return least;
}

// The origin must have been asked exactly as often as tasks fetched, and once more for each request that was sent again.
static void judge_requests(const struct block *block, const struct cell *cell, const struct slot *slots, double again,
                           uint64_t requests, struct judgement *judgement)
{
    uint64_t most = block->fetches + (again > 0 ? (uint64_t)again : 0);

    if ((requests <= most && requests >= requests_least(block, slots)) || cell->entry->model->pretends)
        return;
    judgement_wrong(judgement, "the origin got %llu requests instead of %llu", (unsigned long long)requests,
                    (unsigned long long)block->fetches);
}

// Whether one that runs here has ended; then the sample has failed, and says so.
static bool blame_here(struct trials *trials, struct trial_result *result)
{
    uint64_t patience_ns = result->judgement.status != SAMPLE_OK ? ORIGIN_ENDING_NS : 0;
    char how[SUPERVISOR_HOW];

    if (!origin_process_ended(&trials->origin, patience_ns, how))
        return false;
    trials_server_blame(result, "ccbench's server", how);
    return true;
}

// What one that runs here did for the trial. Whether that is known; if not, the sample says why.
static bool read_here(struct trials *trials, const struct origin_reading *before, struct trial_result *result,
                      struct origin_reading *ret_used)
{
    if (blame_here(trials, result) || result->outcome != TRIAL_DONE)
        return false;
    origin_process_settle(&trials->origin);
    origin_process_read_since(&trials->origin, before, ret_used);
    return true;
}

// The same of one elsewhere, and what others did there.
static bool read_remote(struct trials *trials, struct trial_result *result, struct origin_reading *ret_used,
                        struct remote_strangers *ret_strangers)
{
    char who[REMOTE_URL + 16], how[REMOTE_ERROR] = "";
    int err;

    if (result->outcome != TRIAL_DONE)
        return false;
    err = origin_remote_read(&trials->remote, ret_used, ret_strangers, how);
    snprintf(who, sizeof who, "the origin at %s", trials->remote.base);
    if (err != 0 && err != -EINTR)
        trials_server_blame(result, who, how);
    return err == 0;
}

static void add_strangers(cJSON *origin, const struct remote_strangers *strangers)
{
    cJSON_AddNumberToObject(origin, "stranger_connections", (double)strangers->connections);
    cJSON_AddNumberToObject(origin, "stranger_requests", (double)strangers->requests);
}

static bool read_use(struct trials *trials, const struct block *block, const struct origin_reading *before,
                     struct trial_result *result, struct origin_reading *ret_used,
                     struct remote_strangers *ret_strangers)
{
    if (!block->needs_origin || result->outcome == TRIAL_INTERRUPTED)
        return false;
    return trials_origin_apart(trials) ? read_remote(trials, result, ret_used, ret_strangers)
                                       : read_here(trials, before, result, ret_used);
}

void trials_origin_judge(struct trials *trials, const struct block *block, const struct cell *cell,
                         const struct origin_reading *before, struct trial_result *result)
{
    double again = field_number(result->sample, "counters.http_retries");
    struct remote_strangers strangers = {.requests = 0};
    struct origin_reading used;
    cJSON *origin;

    if (!read_use(trials, block, before, result, &used, &strangers)) {
        cJSON_AddNullToObject(result->sample, "origin");
        return;
    }
    origin = add_origin(result->sample, block->needs_tls, &used);
    if (trials_origin_apart(trials))
        add_strangers(origin, &strangers);
    judge_requests(block, cell, trials->slots, again, used.requests, &result->judgement);
    connections_judge(block, cell, trials->slots, &used, result->sample, &result->judgement);
    connections_name_ports(block, trials->slots, &result->judgement);
    sample_set_judgement(result->sample, &result->judgement);
}

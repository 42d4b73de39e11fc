// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "cmd/rounds/connections.h"
#include "cmd/rounds/trials.h"
#include "cmd/rounds/trials_server.h"
#include "measure/base/clock.h"
#include "measure/base/json.h"
#include "measure/base/task_status.h"
#include "measure/machine/environment.h"
#include "measure/sample.h"
#include "measure/slot.h"
#include "reports/document/fields.h"

// An origin that has failed a trial by ending is gone within this.
#define ORIGIN_ENDING_NS (200 * NS_PER_MS)

static struct oracle oracle_of(const struct trials *trials, const struct block *block, const struct cell *cell)
{
    const struct block *work = plan_work(block, cell);

    return (struct oracle){
        .tasks = block->tasks,
        .lanes = cell->lanes,
        .classes = (uint32_t)work->workload.mix.count,
        .expected = work->expected,
        .open_loop = plan_open_loop(block),
        .any_check = trials->plan->options->url_varies,
        .pretends = cell->entry->model->pretends,
    };
}

void trials_add_machine(cJSON *object, const struct environment_ticks *before, const struct environment_ticks *after)
{
    double pressure = environment_pressure_share(before, after);

    cJSON_AddNumberToObject(object, "steal_share", environment_steal_share(before, after));
    json_add_number(object, "pressure_share", pressure >= 0, pressure);
}

// What the origin did for the trial.
static void add_origin(cJSON *sample, bool tls, const struct origin_reading *used)
{
    cJSON *origin = cJSON_AddObjectToObject(sample, "origin");

    cJSON_AddNumberToObject(origin, "cpu_ns", (double)used->cpu_ns);
    cJSON_AddNumberToObject(origin, "requests", (double)used->requests);
    cJSON_AddNumberToObject(origin, "connections", (double)used->connections);
    cJSON_AddNumberToObject(origin, "bytes", (double)used->bytes);
    if (!tls)
        return;
    cJSON_AddNumberToObject(origin, "tls_connections", (double)used->tls_connections);
    cJSON_AddNumberToObject(origin, "tls_handshakes", (double)used->tls_handshakes);
    cJSON_AddNumberToObject(origin, "tls_resumed", (double)used->tls_resumed);
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

// Whether the origin has ended; then the sample has failed, and says so.
static bool blame_origin(struct trials *trials, const struct block *block, struct trial_result *result)
{
    uint64_t patience_ns = result->judgement.status != SAMPLE_OK ? ORIGIN_ENDING_NS : 0;
    char how[SUPERVISOR_HOW];

    if (!block->needs_origin || result->outcome == TRIAL_INTERRUPTED ||
        !origin_process_ended(&trials->origin, patience_ns, how))
        return false;
    trials_server_blame(result, "ccbench's server", how);
    return true;
}

static void read_origin(struct trials *trials, const struct block *block, const struct cell *cell,
                        const struct origin_reading *before, struct trial_result *result)
{
    double again = field_number(result->sample, "counters.http_retries");
    struct origin_reading used;

    if (blame_origin(trials, block, result) || result->outcome != TRIAL_DONE || !block->needs_origin) {
        cJSON_AddNullToObject(result->sample, "origin");
        return;
    }
    origin_process_settle(&trials->origin);
    origin_process_read_since(&trials->origin, before, &used);
    add_origin(result->sample, block->needs_tls, &used);
    judge_requests(block, cell, trials->slots, again, used.requests, &result->judgement);
    connections_judge(block, cell, trials->slots, &used, result->sample, &result->judgement);
    connections_name_ports(block, trials->slots, &result->judgement);
    sample_set_judgement(result->sample, &result->judgement);
}

// Another program may not know of the counters it is asked for.
static void settle_hardware(const struct trials *trials, struct trial_result *result)
{
    if (!trials->plan->options->hardware || result->outcome != TRIAL_DONE ||
        cJSON_HasObjectItem(result->sample, "hardware"))
        return;
    cJSON_AddNullToObject(result->sample, "hardware");
    cJSON_AddStringToObject(result->sample, "hardware_reason", "n/a: the trial's program does not count");
}

// Runs the trial, unless `err` says that what it needs is not there: the report then says why.
static void attempt(struct trials *trials, const struct block *block, const struct cell *cell, int err,
                    const char *server_error, struct trial_report *report)
{
    report->start_ns = clock_now_ns();
    if (err == 0)
        err = trials_run(trials, block, cell, block->tasks, NULL, NULL, report);
    if (err == -EINTR)
        report->outcome = TRIAL_INTERRUPTED;
    if (server_error[0] != '\0')
        snprintf(report->reason, sizeof report->reason, "%s", server_error);
    else if (err != 0)
        snprintf(report->reason, sizeof report->reason, "cannot run a trial: %s",
                 err == -ECHILD ? "the HTTP origin did not start" : strerror(-err));
}

static void make_sample(const struct trials *trials, const struct block *block, const struct cell *cell,
                        struct trial_report *report, struct trial_result *result)
{
    struct oracle oracle = oracle_of(trials, block, cell);

    result->outcome = report->outcome;
    sample_arrivals_start(&oracle, report->result, &result->arrivals_start_ns);
    if (report->outcome == TRIAL_DONE)
        result->sample = sample_make(&oracle, trials->slots, report, &result->judgement);
    else
        result->sample = sample_failed(&oracle, report, &result->judgement);
    cJSON_Delete(report->result);
}

int trials_timed(struct trials *trials, const struct block *block, const struct cell *cell, unsigned round,
                 unsigned position, struct trial_result *ret_result)
{
    struct environment_ticks before, after;
    struct origin_reading origin;
    struct trial_report report = {.outcome = TRIAL_NOT_STARTED};
    char server_error[TRIALS_ERROR] = "";
    int err = trials_ready(trials, block, server_error);

    origin_process_read(&trials->origin, &origin);
    environment_ticks_read(&before);
    attempt(trials, block, cell, err, server_error, &report);
    environment_ticks_read(&after);
    make_sample(trials, block, cell, &report, ret_result);
    if (ret_result->sample != NULL) {
        cJSON_AddNumberToObject(ret_result->sample, "round", round);
        cJSON_AddNumberToObject(ret_result->sample, "position", position);
        cJSON_AddNumberToObject(ret_result->sample, "start_ns", (double)(report.start_ns - trials->run_start_ns));
        trials_add_machine(ret_result->sample, &before, &after);
        settle_hardware(trials, ret_result);
        read_origin(trials, block, cell, &origin, ret_result);
        trials_server_judge(trials, block, ret_result);
    }
    trials_server_stop(trials);
    return ret_result->sample != NULL ? 0 : -ENOMEM;
}

// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "cmd/rounds/trials.h"
#include "cmd/rounds/trials_origin.h"
#include "cmd/rounds/trials_server.h"
#include "measure/base/clock.h"
#include "measure/base/json.h"
#include "measure/base/task_status.h"
#include "measure/machine/environment.h"
#include "measure/sample.h"
#include "measure/slot.h"
#include "reports/document/fields.h"

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

static void make_sample(struct trials *trials, const struct block *block, const struct cell *cell,
                        struct trial_report *report, struct trial_result *result)
{
    struct oracle oracle = oracle_of(trials, block, cell);

    result->outcome = report->outcome;
    sample_arrivals_start(&oracle, report->result, &result->arrivals_start_ns);
    if (report->outcome == TRIAL_DONE)
        result->sample = sample_make(&oracle, trials->slots, report, trials->seen, &result->judgement);
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

    trials_origin_read(trials, &origin);
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
        trials_origin_judge(trials, block, cell, &origin, ret_result);
        trials_server_judge(trials, block, ret_result);
    }
    trials_server_stop(trials);
    return ret_result->sample != NULL ? 0 : -ENOMEM;
}

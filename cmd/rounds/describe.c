// SPDX-License-Identifier: MIT
#include "cmd/rounds/describe.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/protocol.h"

// Imports of large libraries on a busy machine.
#define PATIENCE_NS (60 * NS_PER_S)

// No longer than for a trial, of which an answer is the start.
static uint64_t patience(const struct plan *plan)
{
    uint64_t timeout_ns = plan->options->timeout_ns;

    return timeout_ns != 0 && timeout_ns < PATIENCE_NS ? timeout_ns : PATIENCE_NS;
}

// The plan that asks, one line. To be freed.
static char *question(const struct cell *cell)
{
    cJSON *plan = cJSON_CreateObject();
    char *text;

    cJSON_AddNumberToObject(plan, "protocol", PROTOCOL_VERSION);
    cJSON_AddStringToObject(plan, "model", cell->entry->name);
    cJSON_AddTrueToObject(plan, "describe");
    plan_runtime(cell->entry, plan);
    parameters_to_plan(cell->entry->model->parameters, &cell->parameters, plan);
    text = cJSON_PrintUnformatted(plan);
    cJSON_Delete(plan);
    return text;
}

// By the program that is started with these arguments: the model's own, or a `ccbench trial` that hands the question on.
static void ask(const struct plan *plan, const struct cell *cell, const char *program, char *const *arguments,
                struct trial_report *ret_report)
{
    char *text = question(cell);
    struct trial_request request = {.program = program,
                                    .arguments = arguments,
                                    .plan = text,
                                    .slots_fd = open("/dev/null", O_RDWR | O_CLOEXEC),
                                    .timeout_ns = patience(plan),
                                    .cpus = &plan->blocks[0].cpus};

    supervisor_run(&request, ret_report);
    close(request.slots_fd);
    cJSON_free(text);
}

// One that cannot say what it is can still be measured; but not one that says that it lacks something.
static void judge(struct plan *plan, unsigned index, const struct trial_report *report)
{
    bool says = strstr(report->reason, "not here") != NULL;

    for (unsigned i = 0; report->refused && i < plan->block_count; i++) {
        struct cell *cell = &plan->blocks[i].cells[index];

        if (report->lacks && !cell->ended)
            cell_end(cell, CELL_SKIPPED, "%s%s", says ? "" : "not here: ", report->reason);
    }
}

static bool lives(const struct plan *plan, unsigned index)
{
    bool any = false;

    for (unsigned i = 0; i < plan->block_count; i++)
        any |= !plan->blocks[i].cells[index].ended;
    return any;
}

// What the next model of another runtime is carried by, from *index on, where anything of it is to be measured; NULL: there is none.
static const struct runtime *next_runtime(const struct plan *plan, unsigned *index)
{
    const struct block *block = &plan->blocks[0];

    for (; *index < block->cell_count && supervisor_interrupted() == 0; ++*index) {
        const struct model *model = block->cells[*index].entry->model;

        if (model != NULL && model->runtime != NULL && lives(plan, *index))
            return model->runtime;
    }
    return NULL;
}

// Takes what the report holds into *all, an object that is made where there is none yet.
static void take_answer(const struct cell *cell, struct trial_report *report, cJSON **all)
{
    if (report->outcome != TRIAL_DONE)
        return;
    if (*all == NULL)
        *all = cJSON_CreateObject();
    cJSON_AddItemToObject(*all, cell->label, report->result);
}

cJSON *describe_runtimes(const struct trials *trials, struct plan *plan)
{
    const struct runtime *runtime;
    cJSON *all = NULL;

    for (unsigned i = 0; trials->ours && (runtime = next_runtime(plan, &i)) != NULL; i++) {
        const struct cell *cell = &plan->blocks[0].cells[i];
        struct trial_report report;

        ask(plan, cell, runtime->program, runtime->command, &report);
        judge(plan, i, &report);
        take_answer(cell, &report, &all);
    }
    return all;
}

cJSON *describe_side(const struct trials *trials)
{
    const struct plan *plan = trials->plan;
    cJSON *all = NULL;

    for (unsigned i = 0; next_runtime(plan, &i) != NULL; i++) {
        const struct cell *cell = &plan->blocks[0].cells[i];
        struct trial_report report;

        ask(plan, cell, trials->program, trials->arguments, &report);
        take_answer(cell, &report, &all);
    }
    return all;
}

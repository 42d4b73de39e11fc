// SPDX-License-Identifier: MIT
#include "cmd/rounds/describe.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/protocol.h"

// Imports of large libraries on a busy machine.
#define PATIENCE_NS (60 * NS_PER_S)

// The plan that asks, one line. To be freed.
static char *question(const struct cell *cell)
{
    cJSON *plan = cJSON_CreateObject();
    char *text;

    cJSON_AddNumberToObject(plan, "protocol", PROTOCOL_VERSION);
    cJSON_AddStringToObject(plan, "model", cell->entry->name);
    cJSON_AddTrueToObject(plan, "describe");
    parameters_to_plan(cell->entry->model->parameters, &cell->parameters, plan);
    text = cJSON_PrintUnformatted(plan);
    cJSON_Delete(plan);
    return text;
}

static void ask(const struct cell *cell, const struct cpus *cpus, struct trial_report *ret_report)
{
    const struct runtime *runtime = cell->entry->model->runtime;
    char *plan = question(cell);
    struct trial_request request = {.program = runtime->program,
                                    .arguments = runtime->command,
                                    .plan = plan,
                                    .slots_fd = open("/dev/null", O_RDWR | O_CLOEXEC),
                                    .timeout_ns = PATIENCE_NS,
                                    .cpus = cpus};

    supervisor_run(&request, ret_report);
    close(request.slots_fd);
    cJSON_free(plan);
}

// One that cannot say what it is can still be measured; but not one that says that it lacks something.
static void judge(struct plan *plan, unsigned index, const struct trial_report *report)
{
    for (unsigned i = 0; report->refused && i < plan->block_count; i++) {
        struct cell *cell = &plan->blocks[i].cells[index];

        if (report->lacks && !cell->ended)
            cell_end(cell, CELL_SKIPPED, "%s", report->reason);
    }
}

static bool lives(const struct plan *plan, unsigned index)
{
    bool any = false;

    for (unsigned i = 0; i < plan->block_count; i++)
        any |= !plan->blocks[i].cells[index].ended;
    return any;
}

cJSON *describe_runtimes(const struct trials *trials, struct plan *plan)
{
    cJSON *all = NULL;

    for (unsigned i = 0; trials->ours && i < plan->blocks[0].cell_count && supervisor_interrupted() == 0; i++) {
        struct cell *cell = &plan->blocks[0].cells[i];
        struct trial_report report;

        if (cell->entry->model == NULL || cell->entry->model->runtime == NULL || !lives(plan, i))
            continue;
        ask(cell, &plan->blocks[0].cpus, &report);
        judge(plan, i, &report);
        if (report.outcome != TRIAL_DONE)
            continue;
        all = all != NULL ? all : cJSON_CreateObject();
        cJSON_AddItemToObject(all, cell->label, report.result);
    }
    return all;
}

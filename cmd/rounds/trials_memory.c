// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "cmd/rounds/trials.h"
#include "cmd/rounds/trials_server.h"
#include "measure/base/utf8.h"
#include "measure/machine/memory.h"

// What the marks of a memory trial found.
struct memory_marks {
    struct memory_reading before, most;
    bool has_before, has_most;
    int err;
};

static void on_mark(const char *mark, pid_t pid, void *data)
{
    struct memory_marks *marks = data;
    struct memory_reading reading;
    int err = memory_of_tree(pid, &reading);

    if (err != 0) {
        marks->err = err;
    } else if (strcmp(mark, "before_lanes") == 0) {
        marks->before = reading;
        marks->has_before = true;
    } else if (!marks->has_most || memory_counted_bytes(&reading) > memory_counted_bytes(&marks->most)) {
        marks->most = reading;
        marks->has_most = true;
    }
}

static double grown(uint64_t before, uint64_t after)
{
    return after > before ? (double)(after - before) : 0;
}

static uint64_t resident(const struct memory_reading *reading)
{
    return reading->anon_bytes + reading->shmem_bytes + reading->swap_bytes;
}

// At most so many can be in flight at once: a chunk is one lane's.
static uint32_t most_in_flight(const struct cell *cell, uint32_t tasks)
{
    uint32_t together = parameters_tasks(cell->entry->model->parameters, &cell->parameters);
    uint32_t chunks = (tasks + together - 1) / together;

    return chunks < cell->lanes ? chunks : cell->lanes;
}

static cJSON *memory_object(const struct memory_marks *marks, const cJSON *result, uint32_t tasks,
                            const struct cell *cell)
{
    uint32_t lanes = cell->lanes;
    cJSON *memory = cJSON_CreateObject();
    const cJSON *in_flight = cJSON_GetObjectItemCaseSensitive(result, "in_flight");
    double resident_bytes = grown(resident(&marks->before), resident(&marks->most));
    double tables = grown(marks->before.page_table_bytes, marks->most.page_table_bytes);
    double stacks = grown(marks->before.kernel_stack_bytes, marks->most.kernel_stack_bytes);
    double bytes = resident_bytes + tables + stacks;

    cJSON_AddNumberToObject(memory, "bytes", bytes);
    cJSON_AddNumberToObject(memory, "resident_bytes", resident_bytes);
    cJSON_AddNumberToObject(memory, "page_table_bytes", tables);
    cJSON_AddNumberToObject(memory, "kernel_stack_bytes", stacks);
    cJSON_AddNumberToObject(memory, "idle_bytes", (double)memory_counted_bytes(&marks->before));
    cJSON_AddNumberToObject(memory, "tasks", tasks);
    cJSON_AddNumberToObject(memory, "in_flight", cJSON_IsNumber(in_flight) ? in_flight->valuedouble : 0);
    cJSON_AddNumberToObject(memory, "in_flight_wanted", most_in_flight(cell, tasks));
    cJSON_AddNumberToObject(memory, "bytes_per_lane", floor(bytes / (lanes < tasks ? lanes : tasks)));
    return memory;
}

// Whether it says that it had more in flight than there can be.
static bool boasts(const cJSON *result, uint32_t tasks, uint32_t lanes)
{
    const cJSON *in_flight = cJSON_GetObjectItemCaseSensitive(result, "in_flight");

    return cJSON_IsNumber(in_flight) &&
           !(in_flight->valuedouble >= 0 && in_flight->valuedouble <= (lanes < tasks ? lanes : tasks));
}

// Why there is no figure; "" where there is one.
static void explain(const struct memory_marks *marks, const struct trial_report *report, int err,
                    const char *server_error, char reason[TRIALS_REASON])
{
    const char *error = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(report->result, "error"));

    if (server_error[0] != '\0')
        snprintf(reason, TRIALS_REASON, "n/a: %s", server_error);
    else if (err != 0)
        snprintf(reason, TRIALS_REASON, "n/a: %s", strerror(-err));
    else if (report->outcome != TRIAL_DONE)
        snprintf(reason, TRIALS_REASON, "n/a: %.*s", UTF8_CLIPPED(report->reason, 300));
    else if (error != NULL)
        snprintf(reason, TRIALS_REASON, "n/a: %.*s", UTF8_CLIPPED(error, 300));
    else if (marks->err != 0)
        snprintf(reason, TRIALS_REASON, "n/a: %s", strerror(-marks->err));
    else if (!marks->has_before || !marks->has_most)
        snprintf(reason, TRIALS_REASON, "n/a: the trial gave no marks");
    else
        reason[0] = '\0';
}

cJSON *trials_memory(struct trials *trials, const struct block *block, const struct cell *cell,
                     char reason[TRIALS_REASON])
{
    // Twice as many tasks as lanes, or chunks of them, are enough to have all lanes in flight at once.
    uint64_t enough = UINT64_C(2) * cell->lanes * parameters_tasks(cell->entry->model->parameters, &cell->parameters);
    uint32_t tasks = enough < block->tasks ? (uint32_t)enough : block->tasks;
    struct memory_marks marks = {.err = 0};
    struct trial_report report = {.outcome = TRIAL_NOT_STARTED};
    char server_error[TRIALS_ERROR] = "";
    cJSON *memory = NULL;
    int err = trials_ready(trials, block, server_error);

    if (err == 0)
        err = trials_run(trials, block, cell, tasks, on_mark, &marks, &report);
    trials_server_stop(trials);
    explain(&marks, &report, err, server_error, reason);
    if (reason[0] == '\0' && boasts(report.result, tasks, cell->lanes))
        snprintf(reason, TRIALS_REASON, "n/a: the trial says that more tasks were in flight than there were");
    if (reason[0] == '\0')
        memory = memory_object(&marks, report.result, tasks, cell);
    cJSON_Delete(report.result);
    return memory;
}

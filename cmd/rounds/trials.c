// SPDX-License-Identifier: MIT
#include "cmd/rounds/trials.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd/rounds/trials_server.h"
#include "measure/base/clock.h"
#include "measure/machine/environment.h"
#include "measure/machine/memory.h"
#include "measure/oracle.h"
#include "measure/sample.h"
#include "measure/slot.h"
#include "workloads/program/compute.h"
#include "workloads/program/datafile.h"
#include "workloads/program/slots.h"

// A trial that takes many times what it should is hung; short ones get time for a loaded machine.
#define LEAST_TIMEOUT_NS (60 * NS_PER_S)
#define TIMEOUT_FACTOR 10
// Long enough for the clock, short beside a round.
#define CALIBRATION_NS 20e6

static char own_name[] = "ccbench", own_command[] = "trial";
static char *const own_arguments[] = {own_name, own_command, NULL};

int trials_open(struct trials *trials, const struct plan *plan, uint64_t run_start_ns)
{
    const char *program = getenv("CCBENCH_TRIAL");

    *trials = (struct trials){.plan = plan, .run_start_ns = run_start_ns, .slots_fd = -1, .file_fd = -1};
    // By another program that speaks the trial protocol, other runtimes can be measured, and the protocol tested.
    trials->program = program != NULL && program[0] != '\0' ? program : "/proc/self/exe";
    trials->arguments = own_arguments;
    // Inherited by every trial and the origin: 50 us by default would be added to each sleep that blocks.
    prctl(PR_SET_TIMERSLACK, 1);
    return supervisor_open();
}

static void release_slots(struct trials *trials)
{
    if (trials->slots != NULL)
        munmap(trials->slots, trials->slots_bytes);
    if (trials->slots_fd >= 0)
        close(trials->slots_fd);
    trials->slots = NULL;
    trials->slots_fd = -1;
}

void trials_close(struct trials *trials)
{
    origin_process_stop(&trials->origin);
    server_process_stop(&trials->server);
    supervisor_clean();
    release_slots(trials);
    if (trials->file_fd >= 0)
        close(trials->file_fd);
}

// The file that read steps read, large enough for every block of the run. 0 or -errno.
static int need_file(struct trials *trials)
{
    uint64_t most = 0;
    bool direct = false, reads = false;

    for (unsigned i = 0; i < trials->plan->block_count; i++) {
        const struct block *block = &trials->plan->blocks[i];

        reads |= (block->total.kinds & STEP_BIT(STEP_READ)) != 0;
        direct |= block->total.direct;
        most = block->read_most > most ? block->read_most : most;
    }
    if (!reads || trials->file_fd >= 0)
        return 0;
    return datafile_make(datafile_bytes(most, direct), &trials->file_fd);
}

int trials_need_origin(struct trials *trials, const struct block *block)
{
    if (!block->needs_origin || origin_process_alive(&trials->origin))
        return 0;
    return origin_process_start(&trials->origin, &trials->plan->origin_cpus, trials->plan->options->seed);
}

// Fresh slots for `tasks` tasks. 0 or -errno.
static int lay_out(struct trials *trials, const struct block *block, uint32_t tasks, bool memory)
{
    struct arrivals arrivals = plan_arrivals(block, memory);
    size_t bytes = (size_t)tasks * sizeof(struct slot);

    if (trials->slots == NULL || trials->slots_bytes != bytes) {
        release_slots(trials);
        trials->slots_fd = memfd_create("ccbench-slots", MFD_CLOEXEC);
        if (trials->slots_fd < 0 || ftruncate(trials->slots_fd, (off_t)bytes) != 0)
            return -errno;
        trials->slots_bytes = bytes;
        trials->slots = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, trials->slots_fd, 0);
        if (trials->slots == MAP_FAILED) {
            trials->slots = NULL;
            return -errno;
        }
    }
    slots_fill(trials->slots, tasks, &block->workload.mix, &arrivals, trials->plan->options->seed);
    return 0;
}

// The trial's plan, with where to find what only this process knows.
static cJSON *trial_plan(const struct trials *trials, const struct block *block, const struct cell *cell, bool memory)
{
    cJSON *plan = plan_trial(trials->plan, block, cell, trials->origin.pid > 0 ? trials->origin.url : NULL, memory);
    char path[64];

    trials_server_aim(trials, plan);
    if (trials->file_fd >= 0) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), trials->file_fd);
        cJSON_AddStringToObject(plan, "file", path);
    }
    return plan;
}

static uint64_t timeout_of(const struct trials *trials, const struct cell *cell)
{
    uint64_t by_estimate = cell->estimate_ns * TIMEOUT_FACTOR;

    if (trials->plan->options->timeout_ns != 0)
        return trials->plan->options->timeout_ns;
    return by_estimate > LEAST_TIMEOUT_NS ? by_estimate : LEAST_TIMEOUT_NS;
}

static struct oracle oracle_of(const struct trials *trials, const struct block *block, const struct cell *cell, uint32_t tasks)
{
    bool foreign = trials->plan->options->url != NULL && block->fetches > 0;

    return (struct oracle){
        .tasks = tasks,
        .lanes = cell->lanes,
        .classes = (uint32_t)block->workload.mix.count,
        .expected = block->expected,
        .open_loop = plan_open_loop(block),
        .any_check = foreign && trials->plan->options->url_varies,
        .first_check = foreign && !trials->plan->options->url_varies,
        .pretends = cell->entry->model->pretends,
    };
}

// Runs the plan, which it takes over. 0 or -errno when it could not even be tried.
static int run(struct trials *trials, const struct block *block, const struct cell *cell, cJSON *plan,
               void (*on_mark)(const char *, pid_t, void *), void *mark_data, struct trial_report *ret_report)
{
    char *text = cJSON_PrintUnformatted(plan);
    struct trial_request request = {
        .program = trials->program,
        .arguments = trials->arguments,
        .plan = text,
        .slots_fd = trials->slots_fd,
        .timeout_ns = timeout_of(trials, cell),
        .cpus = &block->cpus,
        .on_mark = on_mark,
        .on_tick = on_mark != NULL ? NULL : trials->on_tick,
        .data = on_mark != NULL ? mark_data : trials->data,
    };

    if (text != NULL)
        supervisor_run(&request, ret_report);
    trials->refusal.refused = ret_report->refused;
    trials->refusal.lacks = ret_report->lacks;
    trials->refusal.speaks = ret_report->speaks;
    cJSON_Delete(plan);
    free(text);
    return text != NULL ? 0 : -ENOMEM;
}

static void add_machine(cJSON *sample, const struct environment_ticks *before, const struct environment_ticks *after)
{
    double pressure = environment_pressure_share(before, after);

    cJSON_AddNumberToObject(sample, "steal_share", environment_steal_share(before, after));
    if (pressure >= 0)
        cJSON_AddNumberToObject(sample, "pressure_share", pressure);
    else
        cJSON_AddNullToObject(sample, "pressure_share");
}

// The origin's part, and its verdict: it must have been asked exactly as often as tasks fetched.
static void add_origin(cJSON *sample, const struct trials *trials, const struct block *block, const struct cell *cell,
                       const struct origin_reading *before)
{
    struct origin_reading after;
    cJSON *origin;
    uint64_t requests;

    if (!block->needs_origin) {
        cJSON_AddNullToObject(sample, "origin");
        return;
    }
    origin_process_settle(&trials->origin);
    origin_process_read(&trials->origin, &after);
    requests = after.requests - before->requests;
    origin = cJSON_AddObjectToObject(sample, "origin");
    cJSON_AddNumberToObject(origin, "cpu_ns", (double)(after.cpu_ns - before->cpu_ns));
    cJSON_AddNumberToObject(origin, "requests", (double)requests);
    cJSON_AddNumberToObject(origin, "connections", (double)(after.connections - before->connections));
    cJSON_AddNumberToObject(origin, "bytes", (double)(after.bytes - before->bytes));
    if ((requests > block->fetches || requests < block->fetches_least) && !cell->entry->model->pretends &&
        strcmp(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(sample, "status")), "ok") == 0) {
        char reason[128];

        snprintf(reason, sizeof reason, "the origin got %llu requests instead of %llu", (unsigned long long)requests,
                 (unsigned long long)block->fetches);
        cJSON_ReplaceItemInObjectCaseSensitive(sample, "status", cJSON_CreateString("wrong"));
        cJSON_ReplaceItemInObjectCaseSensitive(sample, "reason", cJSON_CreateString(reason));
    }
}

cJSON *trials_timed(struct trials *trials, const struct block *block, const struct cell *cell, unsigned round,
                    unsigned position, enum trial_outcome *ret_outcome)
{
    struct oracle oracle = oracle_of(trials, block, cell, block->tasks);
    struct environment_ticks before, after;
    struct origin_reading origin;
    struct trial_report report = {.outcome = TRIAL_NOT_STARTED};
    char server_error[SERVER_ERROR] = "";
    cJSON *sample;
    int err = trials_need_origin(trials, block);

    if (err == 0)
        err = need_file(trials);
    if (err == 0)
        err = trials_server_start(trials, block, server_error);
    origin_process_read(&trials->origin, &origin);
    environment_ticks_read(&before);
    report.start_ns = clock_now_ns();
    if (err == 0)
        err = lay_out(trials, block, block->tasks, false);
    if (err == 0)
        err = run(trials, block, cell, trial_plan(trials, block, cell, false), NULL, NULL, &report);
    if (err == -EINTR)
        report.outcome = TRIAL_INTERRUPTED;
    if (server_error[0] != '\0')
        snprintf(report.reason, sizeof report.reason, "the server %s", server_error);
    else if (err != 0)
        snprintf(report.reason, sizeof report.reason, "cannot run a trial: %s", strerror(-err));
    environment_ticks_read(&after);
    *ret_outcome = report.outcome;
    sample = report.outcome == TRIAL_DONE ? sample_make(&oracle, trials->slots, &report) : sample_failed(&oracle, &report);
    cJSON_Delete(report.result);
    if (sample == NULL) {
        trials_server_stop(trials, NULL);
        return NULL;
    }
    cJSON_AddNumberToObject(sample, "round", round);
    cJSON_AddNumberToObject(sample, "position", position);
    cJSON_AddNumberToObject(sample, "start_ns", (double)(report.start_ns - trials->run_start_ns));
    add_machine(sample, &before, &after);
    if (trials->plan->options->hardware && report.outcome == TRIAL_DONE && !cJSON_HasObjectItem(sample, "hardware")) {
        cJSON_AddNullToObject(sample, "hardware");
        cJSON_AddStringToObject(sample, "hardware_reason", "n/a: the trial's program does not count");
    }
    if (report.outcome == TRIAL_DONE)
        add_origin(sample, trials, block, cell, &origin);
    else
        cJSON_AddNullToObject(sample, "origin");
    trials_server_stop(trials, sample);
    return sample;
}

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

static cJSON *memory_object(const struct memory_marks *marks, const cJSON *result, uint32_t tasks, uint32_t lanes)
{
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
    cJSON_AddNumberToObject(memory, "bytes_per_lane", floor(bytes / (lanes < tasks ? lanes : tasks)));
    return memory;
}

cJSON *trials_memory(struct trials *trials, const struct block *block, const struct cell *cell, char reason[320])
{
    // Twice as many tasks as lanes, or chunks of them, are enough to have all lanes in flight at once.
    uint64_t enough = UINT64_C(2) * cell->lanes * parameters_tasks(cell->entry->model->parameters, &cell->parameters);
    uint32_t tasks = enough < block->tasks ? (uint32_t)enough : block->tasks;
    struct memory_marks marks = {.err = 0};
    struct trial_report report = {.outcome = TRIAL_NOT_STARTED};
    char server_error[SERVER_ERROR] = "";
    cJSON *memory = NULL, *plan;
    int err = trials_need_origin(trials, block);

    if (err == 0)
        err = trials_server_start(trials, block, server_error);
    if (err == 0)
        err = lay_out(trials, block, tasks, true);
    if (err == 0) {
        plan = trial_plan(trials, block, cell, true);
        cJSON_SetNumberValue(cJSON_GetObjectItemCaseSensitive(plan, "tasks"), tasks);
        err = run(trials, block, cell, plan, on_mark, &marks, &report);
    }
    trials_server_stop(trials, NULL);
    if (server_error[0] != '\0')
        snprintf(reason, 320, "n/a: the server %s", server_error);
    else if (err != 0 || marks.err != 0)
        snprintf(reason, 320, "n/a: %s", strerror(err != 0 ? -err : -marks.err));
    else if (report.outcome != TRIAL_DONE)
        snprintf(reason, 320, "n/a: %.300s", report.reason);
    else if (!marks.has_before || !marks.has_most)
        snprintf(reason, 320, "n/a: the trial gave no marks");
    else
        memory = memory_object(&marks, report.result, tasks, cell->lanes);
    cJSON_Delete(report.result);
    return memory;
}

uint64_t trials_calibrate(struct trials *trials, const struct block *block)
{
    struct cell cell = {.entry = model_find("raw"), .lanes = 1};
    uint32_t tasks = (uint32_t)fmax(1, fmin(block->tasks, CALIBRATION_NS / (block->mean_units * COMPUTE_CALL_NS)));
    struct trial_report report = {.outcome = TRIAL_NOT_STARTED};
    const cJSON *cpu;
    uint64_t task_ns = 0;
    cJSON *plan;

    if (block->workload.mix.count > 1)
        tasks = block->tasks; // a part of a mix is not the mix
    if (lay_out(trials, block, tasks, false) != 0)
        return 0;
    plan = trial_plan(trials, block, &cell, false);
    cJSON_SetNumberValue(cJSON_GetObjectItemCaseSensitive(plan, "tasks"), tasks);
    if (run(trials, block, &cell, plan, NULL, NULL, &report) == 0 && report.outcome == TRIAL_DONE) {
        cpu = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(report.result, "counters"), "raw_cpu_ns");
        task_ns = cJSON_IsNumber(cpu) ? (uint64_t)(cpu->valuedouble / tasks) : 0;
    }
    cJSON_Delete(report.result);
    return task_ns;
}

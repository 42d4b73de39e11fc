// SPDX-License-Identifier: MIT
#include "cmd/plan/plan.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/clock.h"
#include "measure/machine/environment.h"
#include "measure/protocol.h"
#include "measure/base/units.h"
#include "measure/machine/limits.h"
#include "workloads/program/compute.h"
#include "workloads/program/json.h"
#include "workloads/program/slots.h"

// What the command without options compares.
static const char basic_workloads[] = "sleep,http,fib";

#define TASKS_MAX 1000000
// Before anything is measured: a thread's creation, a fork, an exec.
#define THREAD_NS 40e3
#define FORK_NS 250e3
#define TRIAL_NS 10e6
// The longest estimate, so that sums of them fit: a month.
#define FOREVER_NS 2.6e15
// Descriptors a trial needs besides its connections.
#define SPARE_DESCRIPTORS 32

static const char *workload_name(unsigned i)
{
    return workload_kinds[i] != NULL ? workload_kinds[i]->name : NULL;
}

// Whether it has been planned already; another one of the same name could not be told from it in any report: then *ret_status
// is not 0, and one line has been printed.
static bool is_planned(const struct plan *plan, const struct workload *workload, int *ret_status)
{
    for (unsigned i = 0; i < plan->block_count; i++) {
        const struct workload *other = &plan->blocks[i].workload;
        const char *file = workload->file != NULL ? workload->file : "", *other_file = other->file != NULL ? other->file : "";

        if (strcmp(other->label, workload->label) != 0)
            continue;
        if (strcmp(file, other_file) != 0)
            *ret_status = complain("%s: its name '%s' is that of %s too, expected another one, such as \"name\":\"shop 2\"",
                                   workload->file != NULL ? file : other_file, workload->label,
                                   workload->file == NULL || other->file == NULL ? "a workload" : other_file);
        return true;
    }
    return false;
}

// 0, or EXIT_USAGE with one line printed.
static int make_workload(const struct plan *plan, const char *text, unsigned cores, struct workload *ret_workload)
{
    char error[WORKLOAD_ERROR] = "out of memory";
    int err = workload_make(text, cores, ret_workload, error);

    if (err == -ENOENT)
        return names_unknown("workload", text, strcspn(text, ":"), workload_name);
    if (err != 0)
        return complain("%s", error);
    // The argument says what the origin is to answer; with --url that is the server's own affair.
    if (plan->options->url != NULL && strcmp(ret_workload->kind->name, "http") == 0)
        snprintf(ret_workload->label, sizeof ret_workload->label, "http");
    return 0;
}

// Takes out what has been typed before.
static int drop_planned(const struct plan *plan, struct sweep_texts *texts)
{
    char labels[RANGE_VALUES][WORKLOAD_LABEL];
    unsigned kept = 0, count = texts->count;
    int status = 0;

    for (unsigned i = 0; i < count; i++) {
        struct workload workload = {.kind = NULL};
        bool planned = false;

        if (status == 0)
            status = make_workload(plan, texts->items[i].text, 1, &workload);
        if (status == 0)
            planned = is_planned(plan, &workload, &status);
        for (unsigned j = 0; status == 0 && j < kept; j++)
            planned |= strcmp(labels[j], workload.label) == 0;
        memcpy(labels[kept], workload.label, sizeof labels[kept]);
        workload_release(&workload);
        if (planned)
            free(texts->items[i].text);
        else
            texts->items[kept++] = texts->items[i];
    }
    texts->count = kept;
    return status;
}

static int add_block(struct plan *plan, const struct sweep_walk *walk)
{
    struct block *blocks = realloc(plan->blocks, (plan->block_count + 1) * sizeof *blocks);
    struct block *block;
    int status;

    if (blocks == NULL)
        return complain("out of memory");
    plan->blocks = blocks;
    block = &blocks[plan->block_count];
    *block = (struct block){.point = sweep_point_of(walk)};
    sweep_place(walk, block);
    status = make_workload(plan, walk->texts->items[walk->at[SWEEP_ARGUMENT]].text, block->cores, &block->workload);
    if (status != 0)
        return status;
    block->tasks = (uint32_t)plan->options->tasks.values[walk->at[SWEEP_TASKS]];
    block->concurrency = (uint32_t)plan->options->concurrency.values[walk->at[SWEEP_CONCURRENCY]];
    sweep_title(block);
    plan->group_count = walk->group;
    plan->block_count++;
    return 0;
}

static int add_workload(const char *typed, void *data)
{
    struct plan *plan = data;
    struct sweep_texts texts;
    struct sweep_walk walk;
    int status = sweep_expand(typed, &texts);

    if (status == 0)
        status = drop_planned(plan, &texts);
    if (status == 0)
        status = sweep_begin(&walk, plan, &texts);
    while (status == 0 && sweep_next(&walk))
        status = add_block(plan, &walk);
    sweep_texts_release(&texts);
    return status;
}

static void judge_cell(const struct plan *plan, const struct block *block, struct cell *cell)
{
    const struct model *model = cell->entry->model;
    const char *cannot = model != NULL ? model_cannot(model, block->total.kinds, cell->reason, sizeof cell->reason) : NULL;
    uint64_t descriptors = limit_descriptors();

    if (model == NULL) {
        cell->skipped = true;
        cell->lanes = block->concurrency; // as asked for; a report without a number of lanes cannot be read again
        snprintf(cell->reason, sizeof cell->reason, "not built: %s", cell->entry->missing);
        return;
    }
    cell->lanes = model->one_lane ? 1 : block->concurrency;
    cell->estimate_ns = plan_estimate(plan, block, cell);
    if (cannot != NULL) {
        cell->skipped = true;
        if (cannot != cell->reason)
            snprintf(cell->reason, sizeof cell->reason, "%s", cannot);
#ifndef CCBENCH_HAVE_ORIGIN
    } else if (block->needs_origin) {
        cell->skipped = true;
        snprintf(cell->reason, sizeof cell->reason, "not built: the HTTP origin needs libuv and http_parser");
#endif
    } else if (block->total.kinds & STEP_BIT(STEP_FETCH) && !model->pretends && !model->forks &&
               cell->lanes + SPARE_DESCRIPTORS > descriptors) {
        cell->stopped = true;
        snprintf(cell->reason, sizeof cell->reason, "%u connections need more descriptors than the limit allows (nofile %llu)",
                 cell->lanes, (unsigned long long)descriptors);
    }
}

// How tasks arrive, and how many there are and may be in flight where that was not given. 0, or a status with one line printed.
static int load(struct plan *plan, struct block *block)
{
    const struct options *options = plan->options;
    const struct workload *workload = &block->workload;
    uint32_t asked = block->tasks;
    uint64_t duration_ns = options->duration_ns != 0    ? options->duration_ns
                           : workload->duration_ns != 0 ? workload->duration_ns
                                                        : WORKLOAD_DURATION_NS;

    block->arrivals.rate_per_s = options->rate_per_s > 0 ? options->rate_per_s : workload->rate_per_s;
    block->arrivals.constant = options->rate_per_s > 0 ? options->rate_constant : workload->rate_constant;
    if (block->arrivals.rate_per_s <= 0 && options->duration_ns != 0)
        return complain("--duration: tasks of %s arrive when a lane is free, expected a --rate with it, such as --rate=100/s",
                        workload->label);
    if (block->arrivals.rate_per_s > 0 && (asked == 0 || options->duration_ns != 0)) {
        if (asked != 0)
            return complain("--tasks and --duration together will not do, expected one of them with --rate");
        block->tasks = slots_arriving(&workload->mix, &block->arrivals, options->seed, duration_ns, TASKS_MAX + 1);
        if (block->tasks == 0 || block->tasks > TASKS_MAX)
            return complain("--rate: %s tasks of %s arrive in the --duration, expected 1 to %d",
                            block->tasks == 0 ? "no" : "too many", workload->label, TASKS_MAX);
    }
    if (block->concurrency == 0 && !workload->lane_per_task)
        block->concurrency = workload->concurrency;
    if (block->tasks == 0)
        block->tasks = block->point.group != 0 && block->concurrency != 0 ? sweep_tasks(block) : workload->tasks;
    if (block->concurrency == 0)
        block->concurrency = block->tasks;
    return 0;
}

static int make_block(struct plan *plan, struct block *block, const struct model_list *models)
{
    const struct options *options = plan->options;

    if (plan_weigh(plan, block) != 0)
        return complain("out of memory");
    if (load(plan, block) != 0)
        return EXIT_USAGE;
    if (plan_weigh(plan, block) != 0)
        return complain("out of memory for %u tasks", block->tasks);
    block->needs_origin = block->fetches > 0 && options->url == NULL;
    block->cells = calloc(models->count, sizeof *block->cells);
    if (block->cells == NULL)
        return complain("out of memory");
    for (; block->cell_count < models->count; block->cell_count++) {
        struct cell *cell = &block->cells[block->cell_count];

        cell->entry = models->choices[block->cell_count].entry;
        cell->parameters = models->choices[block->cell_count].parameters;
        memcpy(cell->label, models->choices[block->cell_count].label, sizeof cell->label);
        judge_cell(plan, block, cell);
    }
    return 0;
}

// Trials on all allowed cores, the origin on the last of them: the same for every model, and said in every report.
static void place_origin(const struct options *options, struct plan *plan)
{
    cpu_set_t allowed;
    int last = 0;

    plan->origin_cpus = options->origin_cpus;
    if (CPU_COUNT(&options->origin_cpus) > 0)
        return;
    sched_getaffinity(0, sizeof allowed, &allowed);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &allowed))
            last = cpu;
    }
    CPU_ZERO(&plan->origin_cpus);
    CPU_SET(last, &plan->origin_cpus);
}

int plan_make(const struct options *options, struct plan *ret_plan)
{
    const char *workloads = options->workloads;
    struct model_list models;
    int status;

    *ret_plan = (struct plan){.options = options};
    place_origin(options, ret_plan);
    limits_raise();
    status = model_list_parse(options->models != NULL ? options->models : "basic", &options->gil_interval, &models);
    if (status == 0)
        status = model_choice_parse(options->reference, &options->gil_interval, &ret_plan->reference);
    if (workloads == NULL)
        workloads = options->url != NULL ? "http" : basic_workloads;
    if (status == 0)
        status = names_each(workloads, add_workload, ret_plan);
    for (unsigned i = 0; status == 0 && i < ret_plan->block_count; i++)
        status = make_block(ret_plan, &ret_plan->blocks[i], &models);
    ret_plan->time_limit_ns = options->time_limit_ns;
    if (options->time_limit_ns == 0 && options->rounds == 0)
        ret_plan->time_limit_ns = sweep_time_limit(ret_plan);
    model_list_release(&models);
    if (status != 0)
        plan_release(ret_plan);
    return status;
}

void plan_release(struct plan *plan)
{
    for (unsigned i = 0; i < plan->block_count; i++) {
        struct block *block = &plan->blocks[i];

        workload_release(&block->workload);
        free(block->expected);
        free(block->cells);
    }
    free(plan->blocks);
    *plan = (struct plan){0};
}

uint64_t plan_estimate(const struct plan *plan, const struct block *block, const struct cell *cell)
{
    const struct model *model = cell->entry->model;
    double tasks = block->tasks;
    // A chunk is for one lane, which does its tasks one after the other.
    double chunk = fmin(parameters_tasks(model->parameters, &cell->parameters), tasks), chunks = ceil(tasks / chunk);
    double lanes = fmin(cell->lanes, chunks);
    double cores = model->many_cores ? fmin(lanes, block->cores) : 1;
    double cpu_ns = block->task_cpu_ns > 0 ? (double)block->task_cpu_ns : block->mean_units * COMPUTE_CALL_NS;
    // A blocking call holds up a thread: the lane's own, or the one that many lanes share.
    double blockers = model->own_threads ? lanes : cores;
    double waiting_ns = chunk * (ceil(chunks / lanes) * block->mean_wait_ns + ceil(chunks / blockers) * block->mean_block_ns);
    double computing_ns = tasks * cpu_ns / cores;

    if (model->pretends)
        return (uint64_t)TRIAL_NS;
    return (uint64_t)fmin(FOREVER_NS, fmax(fmax(waiting_ns, computing_ns), (double)block->span_ns) +
                                          lanes * (model->forks ? FORK_NS : THREAD_NS) + TRIAL_NS);
}

void plan_skip_long(const struct plan *plan, struct block *block, uint64_t share_ns)
{
    for (unsigned i = 0; i < block->cell_count; i++) {
        struct cell *cell = &block->cells[i];
        char takes[UNITS_TEXT];

        if (cell->skipped || cell->stopped)
            continue;
        cell->estimate_ns = plan_estimate(plan, block, cell);
        if (share_ns == 0 || cell->estimate_ns <= share_ns / PLAN_LONGEST)
            continue;
        cell->skipped = true;
        snprintf(cell->reason, sizeof cell->reason, "would take %s a trial (--time-limit, --rounds)",
                 units_format_duration(takes, (double)cell->estimate_ns));
    }
}

struct arrivals plan_arrivals(const struct block *block, bool memory)
{
    return memory ? (struct arrivals){.rate_per_s = 0} : block->arrivals;
}

cJSON *plan_trial(const struct plan *plan, const struct block *block, const struct cell *cell, const char *origin, bool memory)
{
    const struct options *options = plan->options;
    struct arrivals arrivals = plan_arrivals(block, memory);
    cJSON *json = cJSON_CreateObject();

    cJSON_AddNumberToObject(json, "protocol", PROTOCOL_VERSION);
    cJSON_AddStringToObject(json, "model", cell->entry->name);
    cJSON_AddNumberToObject(json, "tasks", block->tasks);
    cJSON_AddNumberToObject(json, "lanes", cell->lanes);
    cJSON_AddNumberToObject(json, "cores", block->cores);
    cJSON_AddNumberToObject(json, "seed", (double)options->seed);
    if (arrivals.rate_per_s > 0)
        cJSON_AddNumberToObject(json, "rate_per_s", arrivals.rate_per_s);
    if (arrivals.rate_per_s > 0 && arrivals.constant)
        cJSON_AddTrueToObject(json, "rate_constant");
    parameters_to_plan(cell->entry->model->parameters, &cell->parameters, json);
    if (memory)
        cJSON_AddTrueToObject(json, "memory");
    if (options->hardware && !memory)
        cJSON_AddTrueToObject(json, "hardware");
    if (options->url != NULL && block->fetches > 0)
        cJSON_AddStringToObject(json, "url", options->url);
    if (origin != NULL)
        cJSON_AddStringToObject(json, "origin", origin);
    if (options->task_timeout_ns > 0)
        cJSON_AddNumberToObject(json, "task_timeout_ns", (double)options->task_timeout_ns);
    cJSON_AddItemToObject(json, "classes", task_mix_to_json(&block->workload.mix));
    return json;
}

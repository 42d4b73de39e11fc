// SPDX-License-Identifier: MIT
#include "cmd/plan/plan.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/plan/estimate.h"
#include "cmd/plan/families.h"
#include "cmd/plan/fetching.h"
#include "cmd/plan/place_origin.h"
#include "cmd/plan/room.h"
#include "cmd/plan/weigh.h"
#include "measure/base/cpus.h"
#include "measure/machine/limits.h"
#include "workloads/program/slots.h"

// What the command without options compares.
static const char basic_workloads[] = "sleep,http,fib";
// And of other runtimes, for which a time to compute is another amount of work.
static const char runtime_workloads[] = "sleep,http,compute";

// Descriptors a trial needs besides its connections.
#define SPARE_DESCRIPTORS 32

static const char *workload_name(unsigned i)
{
    return workload_kinds[i] != NULL ? workload_kinds[i]->name : NULL;
}

// Whether it has been planned already; another one of the same name could not be told from it in any report: then
// *ret_status is not 0, and one line has been printed.
static bool is_planned(const struct plan *plan, const struct workload *workload, int *ret_status)
{
    for (unsigned i = 0; i < plan->block_count; i++) {
        const struct workload *other = &plan->blocks[i].workload;
        const char *file = workload->file != NULL ? workload->file : "";
        const char *other_file = other->file != NULL ? other->file : "";

        if (strcmp(other->label, workload->label) != 0)
            continue;
        if (strcmp(file, other_file) != 0)
            *ret_status = complain(
                "%s: its name '%s' is that of %s too, expected another one, such as \"name\":\"shop 2\"",
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

// Whether its workload has been planned already, or is among the `count` labels; sets its own, labels[count]. 0, or
// EXIT_USAGE with one line printed.
static int find_planned(const struct plan *plan, const char *text, char labels[][WORKLOAD_LABEL], unsigned count,
                        bool *ret_planned)
{
    struct workload workload = {.kind = NULL};
    int status = make_workload(plan, text, 1, &workload);
    bool planned = status == 0 && is_planned(plan, &workload, &status);

    memcpy(labels[count], workload.label, sizeof labels[count]);
    for (unsigned i = 0; i < count; i++)
        planned |= strcmp(labels[i], workload.label) == 0;
    workload_release(&workload);
    *ret_planned = planned;
    return status;
}

// Takes out what has been typed before.
static int drop_planned(const struct plan *plan, struct sweep_texts *texts)
{
    char labels[RANGE_VALUES][WORKLOAD_LABEL];
    unsigned kept = 0, count = texts->count;
    int status = 0;

    for (unsigned i = 0; i < count; i++) {
        bool planned = false;

        if (status == 0)
            status = find_planned(plan, texts->items[i].text, labels, kept, &planned);
        if (planned)
            free(texts->items[i].text);
        else
            texts->items[kept++] = texts->items[i];
    }
    texts->count = kept;
    return status;
}

// "sleep:10ms, 16 in flight"
static void set_title(struct block *block)
{
    static const char *const words[SWEEP_AXES] = {"%s, %s", "%s, %s in flight", "%s, %s tasks", "%s", "%s, CPUs %s"};

    snprintf(block->title, sizeof block->title, block->point.group != 0 ? words[block->point.axis] : "%s",
             block->workload.label, block->point.label);
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
    block->cores = sweep_cpus(walk, &block->cpus);
    status = make_workload(plan, sweep_text(walk), (unsigned)ceil(block->cores), &block->workload);
    if (status != 0)
        return status;
    block->arrivals.rate_per_s = sweep_rate(walk);
    block->tasks = sweep_tasks(walk);
    block->concurrency = sweep_concurrency(walk);
    set_title(block);
    block->typed = strdup(sweep_text(walk));
    plan->group_count = walk->group;
    plan->block_count++;
    return block->typed != NULL ? 0 : complain("out of memory");
}

// An address may have a password in it.
static int refuse_url(const char *typed)
{
    return complain_masked("workload", typed, "is a URL and no workload, expected it as --url=URL");
}

static int add_workload(const char *typed, void *data)
{
    struct plan *plan = data;
    struct sweep_texts texts;
    struct sweep_walk walk;
    int status;

    if (strncmp(typed, "http://", 7) == 0 || strncmp(typed, "https://", 8) == 0)
        return refuse_url(typed);
    status = sweep_expand(typed, &texts);
    if (status == 0)
        status = drop_planned(plan, &texts);
    if (status == 0)
        status = sweep_begin(&walk, plan->options, &texts, plan->group_count, plan->block_count);
    while (status == 0 && sweep_next(&walk))
        status = add_block(plan, &walk);
    sweep_texts_release(&texts);
    return status;
}

void cell_end(struct cell *cell, enum cell_status status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(cell->reason, sizeof cell->reason, format, arguments);
    va_end(arguments);
    cell->status = status;
    cell->ended = true;
}

// Why a program of its own cannot be started, or cannot carry the block's tasks; NULL: it can.
static const char *runtime_lacks(const struct options *options, const struct block *block, const struct cell *cell,
                                 char buf[RUNTIME_REASON])
{
    struct runtime *runtime = cell->entry->model->runtime;
    char reason[RUNTIME_REASON];
    const char *missing;

    if (options->gates)
        return runtime_cannot(runtime, block->kinds, buf);
    missing = runtime_ready(runtime);
    if (missing == NULL)
        missing = runtime_value_missing(runtime, &cell->parameters, reason);
    if (missing == NULL)
        return runtime_cannot(runtime, block->kinds, buf);
    snprintf(buf, RUNTIME_REASON, "not here: %.280s", missing);
    return buf;
}

// Ends a cell of which no trial can succeed.
static void judge_cell(const struct options *options, const struct block *block, struct cell *cell)
{
    const struct model *model = cell->entry->model;
    char buf[sizeof cell->reason];
    const char *cannot = model->runtime != NULL ? runtime_lacks(options, block, cell, buf)
                                                : model_cannot(model, &cell->parameters, block->kinds, buf, sizeof buf);
    // Of processes each has a few, but ccbench's own server, under the same limit, has the other ends of all.
    bool in_one = !model->forks || (block->needs_origin && !block->origin_apart);
    bool connects = block->kinds & STEP_BIT(STEP_FETCH) && !model->pretends && in_one;
    uint64_t descriptors = limit_descriptors(), connections = fetching_connections(block, cell);

    if (cannot != NULL)
        cell_end(cell, CELL_SKIPPED, "%s", cannot);
    else if (fetching_needs_tls(options, block) && !fetching_speaks_tls(cell))
        cell_end(cell, CELL_SKIPPED, "client=bare speaks no TLS");
    else if (fetching_lacks(block) != NULL)
        cell_end(cell, CELL_SKIPPED, "not built: %s", fetching_lacks(block));
    else if (connects && connections + SPARE_DESCRIPTORS > descriptors)
        cell_end(cell, CELL_FAILED, "%llu connections need more descriptors than the limit allows (nofile %llu)",
                 (unsigned long long)connections, (unsigned long long)descriptors);
    else if (fetching_lacks_ports(block, cell, buf))
        cell_end(cell, CELL_FAILED, "%s", buf);
}

// 0 or -ENOMEM.
static int add_cell(const struct options *options, struct block *block, const struct model_choice *choice)
{
    struct cell *cell = &block->cells[block->cell_count++];
    const struct model *model = choice->entry->model;

    cell->entry = choice->entry;
    cell->parameters = choice->parameters;
    memcpy(cell->label, choice->label, sizeof cell->label);
    // Of what is not built as asked for: a report without a number of lanes cannot be read again.
    cell->lanes = model != NULL && model->one_lane ? 1 : block->concurrency;
    if (model == NULL) {
        cell_end(cell, CELL_SKIPPED, "not built: %s", choice->entry->missing);
        return 0;
    }
    if (families_find(options, block, model, &cell->family) != 0)
        return -ENOMEM;
    cell->estimate_ns = estimate_trial(block, cell);
    cell->repeat = options->repeat;
    judge_cell(options, block, cell);
    if (!cell->ended)
        room_judge(block, cell);
    return 0;
}

// As many tasks as arrive at the rate.
static int count_arrivals(const struct options *options, struct block *block)
{
    const struct workload *workload = &block->workload;
    uint64_t duration_ns = options->duration_ns != 0                                    ? options->duration_ns
                           : workload->duration_ns != 0                                 ? workload->duration_ns
                           : block->point.axis == SWEEP_RATE && block->point.group != 0 ? estimate_brief(block)
                                                                                        : WORKLOAD_DURATION_NS;

    block->tasks = slots_arriving(&workload->mix, &block->arrivals, options->seed, duration_ns, PLAN_TASKS_MOST + 1);
    if (block->tasks == 0 || block->tasks > PLAN_TASKS_MOST)
        return complain("--rate: %s tasks of %s arrive in the --duration, expected 1 to %d",
                        block->tasks == 0 ? "no" : "too many", workload->label, PLAN_TASKS_MOST);
    return 0;
}

// How tasks arrive. 0, or a status with one line printed.
static int set_arrivals(const struct options *options, struct block *block)
{
    const struct workload *workload = &block->workload;
    bool given = options->rates.count > 0;

    if (!given && !options->rate_max)
        block->arrivals.rate_per_s = workload->rate_per_s;
    block->arrivals.constant = given || options->rate_max ? options->rate_constant : workload->rate_constant;
    if (!plan_open_loop(block) && options->duration_ns != 0 && !options->rate_max)
        return complain(
            "--duration: tasks of %s arrive when a lane is free, expected a --rate with it, such as --rate=100/s",
            workload->label);
    if (plan_open_loop(block) && block->tasks != 0 && options->duration_ns != 0)
        return complain("--tasks and --duration are invalid together: expected one of them with --rate");
    return plan_open_loop(block) && block->tasks == 0 ? count_arrivals(options, block) : 0;
}

// How many tasks there are and may be in flight, where that was not given.
static void set_tasks(struct block *block)
{
    const struct workload *workload = &block->workload;
    bool given = block->tasks != 0;
    uint32_t scaled;

    if (block->concurrency == 0 && !workload->lane_per_task)
        block->concurrency = workload->concurrency;
    if (block->tasks == 0)
        block->tasks = block->point.group != 0 && block->concurrency != 0 ? estimate_tasks(block) : workload->tasks;
    // What was asked to be in flight is in flight, and more than once.
    if (!given && block->point.group == 0 && block->concurrency > workload->concurrency &&
        block->tasks < (scaled = estimate_tasks(block)))
        block->tasks = scaled;
    if (block->concurrency == 0)
        block->concurrency = block->tasks;
}

static int make_block(const struct options *options, struct block *block, const struct model_list *models)
{
    int status;

    if (weigh_classes(options, block) != 0)
        return complain("out of memory");
    status = set_arrivals(options, block);
    if (status != 0)
        return status;
    set_tasks(block);
    if (weigh_tasks(options, block) != 0)
        return complain("out of memory for %u tasks", block->tasks);
    status = fetching_check(options, block);
    if (status != 0)
        return status;
    block->needs_origin = block->fetches > 0 && options->url == NULL;
    block->origin_apart = options->origin != NULL;
    block->needs_tls = block->tls.fresh + block->tls.kept > 0;
    block->memory_rounds = options->memory_rounds;
    block->cells = calloc(models->count, sizeof *block->cells);
    if (block->cells == NULL)
        return complain("out of memory");
    for (unsigned i = 0; i < models->count; i++) {
        if (add_cell(options, block, &models->choices[i]) != 0)
            return complain("out of memory");
    }
    return 0;
}

static const char *default_workloads(const struct options *options, const struct model_list *models)
{
    if (options->url != NULL)
        return "http";
    for (unsigned i = 0; i < models->count; i++) {
        if (models->choices[i].entry->model != NULL && models->choices[i].entry->model->runtime != NULL)
            return runtime_workloads;
    }
    return basic_workloads;
}

int plan_make(const struct options *options, struct plan *ret_plan)
{
    struct model_list models;
    struct cpus allowed;
    int status;

    *ret_plan = (struct plan){.options = options};
    cpus_allowed(&allowed);
    place_origin(options, &allowed, &ret_plan->origin_cpus, &ret_plan->origin_workers);
    limits_raise();
    status = model_list_parse(&options->models, &options->defaults, &models);
    if (status == 0)
        status = model_choice_parse(options->reference, &options->defaults, &ret_plan->reference);
    if (status == 0)
        status = names_each(&options->workloads, default_workloads(options, &models), add_workload, ret_plan);
    for (unsigned i = 0; status == 0 && i < ret_plan->block_count; i++)
        status = make_block(options, &ret_plan->blocks[i], &models);
    ret_plan->time_limit_ns = options->time_limit_ns;
    if (options->time_limit_ns == 0 && options->rounds == 0)
        ret_plan->time_limit_ns = estimate_time_limit(ret_plan);
    model_list_release(&models);
    if (status != 0)
        plan_release(ret_plan);
    return status;
}

void plan_release_block(struct block *block)
{
    workload_release(&block->workload);
    free(block->weights);
    free(block->expected);
    free(block->typed);
    families_release(block);
    free(block->cells);
}

void plan_release(struct plan *plan)
{
    for (unsigned i = 0; i < plan->block_count; i++)
        plan_release_block(&plan->blocks[i]);
    free(plan->blocks);
    cJSON_Delete(plan->origin);
    *plan = (struct plan){0};
}

// SPDX-License-Identifier: MIT
#include "cmd/claims/measure.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "cmd/claims/script.h"
#include "cmd/plan/estimate.h"
#include "cmd/rounds/build_document.h"
#include "cmd/rounds/calibrate.h"
#include "cmd/rounds/describe.h"
#include "cmd/rounds/rounds.h"
#include "measure/base/clock.h"
#include "measure/base/json.h"
#include "measure/machine/others.h"

// So many blocks are between the two batches of a block, where there are so many.
#define APART 3

unsigned claims_batches(const struct claims_run *run)
{
    return CLAIMS_BATCHES * run->blocks.count;
}

// 1, 2, 3, 4 (first batches), then 1 again, 5, 2 again, 6, …: the list can fill as it goes.
static struct claims_block *find_batch(const struct claims_run *run, unsigned i, int *ret_batch)
{
    unsigned count = run->blocks.count, apart = count < APART ? count : APART, index;

    *ret_batch = 0;
    if (i < apart) {
        index = i;
    } else if (i >= 2 * count - apart) {
        *ret_batch = 1;
        index = i - count;
    } else {
        *ret_batch = (i - apart) % 2 == 0 ? 0 : 1;
        index = (i - apart) / 2 + (*ret_batch == 0 ? apart : 0);
    }
    return &run->blocks.items[index];
}

// What the batches after this one will take, by what those before it took.
static uint64_t later_ns(const struct claims_run *run, unsigned i)
{
    uint64_t spent_ns = clock_now_ns() - run->start_ns;

    return i > 0 ? spent_ns / i * (claims_batches(run) - i - 1) : 0;
}

static void excuse(struct claims_block *block, const char *cause, const char *text)
{
    if (block->excuse[0] == '\0') {
        snprintf(block->excuse, sizeof block->excuse, "%s", text);
        block->cause = cause;
    }
}

// Whether what each of the plan's models says of itself is known, where another runtime's program has it.
static bool all_known(const struct claims_run *run, const struct plan *plan)
{
    for (unsigned i = 0; i < plan->blocks[0].cell_count; i++) {
        const struct cell *cell = &plan->blocks[0].cells[i];

        if (cell->entry->model != NULL && cell->entry->model->runtime != NULL && !cell->ended &&
            !cJSON_HasObjectItem(run->runtimes, cell->label))
            return false;
    }
    return true;
}

static void ask_runtimes(struct claims_run *run, struct plan *plan)
{
    cJSON *told = all_known(run, plan) ? NULL : describe_runtimes(&run->trials, plan);

    while (told != NULL && told->child != NULL) {
        cJSON *one = cJSON_DetachItemViaPointer(told, told->child);

        if (cJSON_HasObjectItem(run->runtimes, one->string))
            cJSON_Delete(one);
        else
            cJSON_AddItemToObject(run->runtimes, one->string, one);
    }
    cJSON_Delete(told);
}

// A batch as a run of its own, of which only the block is kept. 0 or -ENOMEM.
static int measure_plan(struct claims_run *run, struct claims_block *block, struct plan *plan, unsigned i, int batch)
{
    cJSON *workloads;
    struct rounds rounds = {
        .trials = &run->trials,
        .plan = plan,
        .progress = &run->progress,
        .deadline_ns = run->deadline_ns,
        .later_ns = later_ns(run, i),
        .rng = {.state = run->options->seed + i},
        .warm = batch > 0,
    };
    int err;

    run->trials.plan = plan;
    run->trials.share_ns = run->trials.deadline_ns = 0;
    ask_runtimes(run, plan);
    calibrate_times(&run->trials, plan);
    workloads = build_workloads(plan);
    err = rounds_measure(&rounds, &plan->blocks[0]);
    block->measured[batch] = cJSON_DetachItemFromArray(workloads, 0);
    cJSON_Delete(workloads);
    run->progress.workload = NULL; // which was the plan's
    return err;
}

// What the server has used, which is not waited for before the end.
static uint64_t origin_cpu_ns(const struct claims_run *run)
{
    struct origin_reading reading = {.cpu_ns = 0};

    if (run->trials.origin.pid > 0)
        origin_process_read(&run->trials.origin, &reading);
    return reading.cpu_ns;
}

static int measure_block(struct claims_run *run, struct claims_block *block, unsigned i, int batch)
{
    struct plan plan;
    struct others before, after;
    int status = plan_make(&block->options, &plan), err;

    if (status != 0)
        return status;
    others_read(&run->cpus, origin_cpu_ns(run), &before);
    err = measure_plan(run, block, &plan, i, batch);
    others_read(&run->cpus, origin_cpu_ns(run), &after);
    block->others[batch] = others_share(&before, &after);
    plan_release(&plan);
    return err == 0 ? 0 : complain_of(err);
}

int claims_batch(struct claims_run *run, unsigned i)
{
    int batch, status = 0;
    struct claims_block *block = find_batch(run, i, &batch);

    if (block->done[batch])
        return 0;
    if (run->deadline_ns != 0 && clock_now_ns() >= run->deadline_ns)
        excuse(block, "time", "no time was left for it (--time-limit)");
    else if (block->is_script)
        block->measured[batch] = script_run(block->claim, block->experiment);
    else
        status = measure_block(run, block, i, batch);
    if (supervisor_interrupted() != 0)
        excuse(block, "interrupted", "interrupted");
    block->done[batch] = true;
    return status;
}

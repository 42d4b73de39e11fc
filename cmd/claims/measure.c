// SPDX-License-Identifier: MIT
#include "cmd/claims/measure.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
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
#include "reports/document/fields.h"
#include "reports/findings/claims_summary.h"

// So many batches of others are between two of a group, where there are so many.
#define APART 3
// What all takes at most with further batches.
#define MOST_NS (240 * NS_PER_S)
#define MOST_WITH_RUNTIMES_NS (480 * NS_PER_S)

static void excuse(struct claims_block *block, const char *cause, const char *text)
{
    if (block->excuse[0] == '\0') {
        snprintf(block->excuse, sizeof block->excuse, "%s", text);
        block->cause = cause;
    }
}

// Nothing more of that is measured: what lacks a batch says why.
static void give_up(struct claims_block *block, const char *cause, const char *text)
{
    if (block->batches < CLAIMS_BATCHES && block->wanted > block->batches)
        excuse(block, cause, text);
    block->wanted = block->batches;
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

// A block of the group under way.
struct member {
    struct claims_block *block;
    struct plan plan;
    struct rounds rounds;
    cJSON *workloads; // of the plan's report
    bool begun;
};

// Whether a batch of any of its blocks is to be.
static bool is_wanted(const struct claims_run *run, unsigned group)
{
    for (unsigned i = group; i < run->blocks.count; i++) {
        if (run->blocks.items[i].group == group && run->blocks.items[i].wanted > run->blocks.items[i].batches)
            return true;
    }
    return false;
}

// What the batches that are to be take, but for so many of them, by what those before them took.
static uint64_t later_ns(const struct claims_run *run, unsigned but)
{
    unsigned left = 0;

    for (unsigned i = 0; i < run->blocks.count; i++) {
        const struct claims_block *block = &run->blocks.items[i];

        left += block->group == i && block->wanted > block->batches ? block->wanted - block->batches : 0;
    }
    return run->ended > 0 && left > but ? run->spent_ns / run->ended * (left - but) : 0;
}

// From here on trials are of that plan.
static void turn_to(struct claims_run *run, const struct plan *plan)
{
    run->trials.plan = plan;
}

static int begin(struct claims_run *run, struct member *member, struct rng *rng)
{
    int err;

    turn_to(run, &member->plan);
    run->trials.share_ns = run->trials.deadline_ns = 0;
    ask_runtimes(run, &member->plan);
    calibrate_times(&run->trials, &member->plan);
    member->workloads = build_workloads(&member->plan);
    member->rounds = (struct rounds){
        .trials = &run->trials,
        .plan = &member->plan,
        .progress = &run->progress,
        .deadline_ns = run->deadline_ns,
        .later_ns = later_ns(run, 1),
        .rng = {.state = rng_next(rng)},
        .warm = member->block->batches > 0,
    };
    err = rounds_begin(&member->rounds, &member->plan.blocks[0]);
    member->begun = err == 0;
    return err;
}

// The next round of each that has one, in an order that is drawn anew. 0 or -ENOMEM; *ret_any whether there was one.
static int next_rounds(struct claims_run *run, struct member *members, unsigned count, struct rng *rng, bool *ret_any)
{
    unsigned *order = calloc(count, sizeof *order);
    int err = order != NULL ? 0 : -ENOMEM;

    *ret_any = false;
    if (err == 0)
        rng_order(rng, order, count);
    for (unsigned i = 0; err == 0 && i < count; i++) {
        struct member *member = &members[order[i]];

        if (member->rounds.stopped != NULL)
            continue;
        *ret_any = true;
        turn_to(run, &member->plan);
        err = rounds_next(&member->rounds, &member->plan.blocks[0]);
    }
    free(order);
    return err;
}

// Of a batch as a run of its own only the block is kept.
static void end(struct claims_run *run, struct member *member)
{
    turn_to(run, &member->plan);
    if (member->begun) {
        rounds_end(&member->rounds, &member->plan.blocks[0]);
        member->block->measured[member->block->batches] = cJSON_DetachItemFromArray(member->workloads, 0);
    }
    cJSON_Delete(member->workloads);
    run->progress.workload = NULL; // which was the plan's
}

static int measure_members(struct claims_run *run, struct member *members, unsigned count)
{
    struct rng rng = {.state = run->options->seed + run->steps};
    bool any = true;
    int err = 0;

    for (unsigned i = 0; err == 0 && i < count; i++)
        err = begin(run, &members[i], &rng);
    while (err == 0 && any)
        err = next_rounds(run, members, count, &rng, &any);
    for (unsigned i = 0; i < count; i++)
        end(run, &members[i]);
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

static int measure_planned(struct claims_run *run, struct member *members, unsigned count)
{
    struct others before, after;
    int err;

    others_read(&run->cpus, origin_cpu_ns(run), &before);
    err = measure_members(run, members, count);
    others_read(&run->cpus, origin_cpu_ns(run), &after);
    for (unsigned i = 0; i < count; i++)
        members[i].block->others[members[i].block->batches] = others_share(&before, &after);
    return err == 0 ? 0 : complain_of(err);
}

// What cannot be planned, of which a line has said why, costs its own claim alone.
static void refuse(struct claims_block *block)
{
    char text[CLAIMS_EXCUSE];

    snprintf(text, sizeof text, "the experiment '%.60s' cannot be carried out", block->name);
    give_up(block, "failed", text);
}

// A batch of the group. 0; or an exit status with one line printed.
static int measure_group(struct claims_run *run, unsigned group)
{
    struct member *members = calloc(run->blocks.count, sizeof *members);
    unsigned count = 0;
    int status = members != NULL ? 0 : complain("out of memory");

    for (unsigned i = 0; status == 0 && i < run->blocks.count; i++) {
        struct claims_block *block = &run->blocks.items[i];

        if (block->group != group || block->wanted <= block->batches)
            continue;
        members[count].block = block;
        if (plan_make(&block->options, &members[count].plan) == 0)
            count++;
        else
            refuse(block);
    }
    if (status == 0 && count > 0)
        status = measure_planned(run, members, count);
    for (unsigned i = 0; i < count; i++)
        plan_release(&members[i].plan);
    free(members);
    return status;
}

// What an interrupted batch has is nothing where there are enough without it; else it is told with what it lacks.
static void note_interrupted(struct claims_block *block)
{
    if (block->batches < CLAIMS_BATCHES) {
        excuse(block, "interrupted", "interrupted");
        return;
    }
    cJSON_Delete(block->measured[block->batches]);
    block->measured[block->batches] = NULL;
    block->wanted = block->batches;
}

static void end_batch(struct claims_run *run, unsigned group)
{
    for (unsigned i = 0; i < run->blocks.count; i++) {
        struct claims_block *block = &run->blocks.items[i];

        if (block->group != group || block->wanted <= block->batches)
            continue;
        if (supervisor_interrupted() != 0)
            note_interrupted(block);
        block->batches += block->wanted > block->batches;
    }
}

static int measure_batch(struct claims_run *run, unsigned group)
{
    struct claims_block *first = &run->blocks.items[group];
    uint64_t start_ns = clock_now_ns(), took_ns;
    int status = 0;

    run->steps++;
    if (first->is_script)
        first->measured[first->batches] = script_run(first->claim, first->experiment);
    else
        status = measure_group(run, group);
    took_ns = clock_now_ns() - start_ns;
    first->took_ns = took_ns;
    first->last_step = run->steps;
    run->spent_ns += took_ns;
    run->ended++;
    end_batch(run, group);
    return status;
}

void claims_give_up(struct claims_run *run)
{
    for (unsigned i = 0; i < run->blocks.count; i++)
        give_up(&run->blocks.items[i], "interrupted", "interrupted");
}

// Whether so many other batches lie between its last one and the next, or that will be its first.
static bool is_rested(const struct claims_run *run, const struct claims_block *block)
{
    return block->last_step == 0 || run->steps - block->last_step >= APART;
}

// The first group that is rested, or else the one whose last batch is longest ago. -1: none.
static int next_group(const struct claims_run *run)
{
    int found = -1;

    for (unsigned i = 0; i < run->blocks.count; i++) {
        const struct claims_block *block = &run->blocks.items[i];

        if (block->group != i || !is_wanted(run, i))
            continue;
        if (is_rested(run, block))
            return (int)i;
        if (found < 0 || block->last_step < run->blocks.items[found].last_step)
            found = (int)i;
    }
    return found;
}

int claims_next(struct claims_run *run, bool *ret_any)
{
    int group = next_group(run);

    *ret_any = group >= 0;
    if (group < 0)
        return 0;
    if (run->deadline_ns == 0 || clock_now_ns() < run->deadline_ns)
        return measure_batch(run, (unsigned)group);
    for (unsigned i = 0; i < run->blocks.count; i++)
        give_up(&run->blocks.items[i], "time", "no time was left for it (--time-limit)");
    return 0;
}

// Whether the whole stays within its time with one more batch of that group, and of those that are to be anyway.
static bool has_time(const struct claims_run *run, const struct claims_block *first)
{
    uint64_t most_ns = claims_blocks_of_runtimes(&run->blocks) ? MOST_WITH_RUNTIMES_NS : MOST_NS,
             now_ns = clock_now_ns();
    uint64_t end_ns = now_ns + later_ns(run, 0) + first->took_ns;

    return end_ns <= run->start_ns + most_ns && (run->deadline_ns == 0 || end_ns <= run->deadline_ns);
}

// Of an experiment that is measured in rounds; NULL: there is none of that name, or it is a script.
static const struct claims_block *find_block(const struct claims_run *run, const struct claim_file *claim,
                                             const char *name)
{
    const cJSON *experiment = cJSON_GetObjectItemCaseSensitive(field(claim->file.json, "experiments"), name);
    const struct claims_block *block = experiment != NULL ? claims_blocks_find(&run->blocks, claim, experiment) : NULL;

    return block != NULL && !block->is_script ? block : NULL;
}

// Of the group that a figure is of. Whether there will be one more batch.
static bool want_more(struct claims_run *run, const struct claim_file *claim, const cJSON *figure)
{
    const char *over = field_text(figure, "over.experiment");
    const struct claims_block *block = find_block(run, claim, field_text(figure, "experiment"));

    if (block == NULL || (over != NULL && find_block(run, claim, over) == NULL) ||
        cJSON_IsTrue(field(figure, "once")) || block->batches == CLAIMS_BATCHES_MOST)
        return false;
    if (block->wanted > block->batches)
        return true; // by another figure
    if (!has_time(run, &run->blocks.items[block->group]))
        return false;
    for (unsigned i = 0; i < run->blocks.count; i++) {
        if (run->blocks.items[i].group == block->group && run->blocks.items[i].batches == block->batches)
            run->blocks.items[i].wanted++;
    }
    return true;
}

static bool figures_want_more(struct claims_run *run, const struct claim_file *claim, const cJSON *judged)
{
    const cJSON *figure;
    bool more = false;

    cJSON_ArrayForEach(figure, field(judged, "figures"))
        more |= claims_may_settle(figure) && want_more(run, claim, figure);
    return more;
}

bool claims_want_more(struct claims_run *run, const struct claim_file *claim, const cJSON *json)
{
    const cJSON *real;
    bool more = figures_want_more(run, claim, json);

    cJSON_ArrayForEach(real, field(json, "real"))
        more |= figures_want_more(run, claim, real);
    return more;
}

// SPDX-License-Identifier: MIT
#include "cmd/plan/estimate.h"

#include <math.h>

#include "measure/base/stats.h"
#include "measure/base/units.h"
#include "models/carry/spawn.h"
#include "workloads/program/compute.h"

// Before anything is measured: a thread's creation, a fork, an exec.
#define THREAD_NS 40e3
#define FORK_NS 250e3
// A fresh program, and where it must load a client to fetch.
#define SPAWN_NS 2.5e6
#define SPAWN_FETCH_NS 12e6
#define TRIAL_NS 10e6
// The longest estimate, so that sums of them fit: a month.
#define FOREVER_NS 2.6e15
// A cell is skipped if one trial would take longer than the block's time divided by this.
#define LONGEST 3
// What a run without --rounds mostly takes: the precision must be reached twice in a row.
#define ROUNDS_TYPICAL (STATS_INTERVAL_LEAST + 1)
// Of a run without --rounds, an open loop has time for so many besides.
#define OPEN_ROUNDS 3
// The time of a block where no limit is given: `basic`, with three, ends within half a minute. Less for each of a sweep.
#define BLOCK_SHARE_NS 9e9
#define POINT_SHARE_NS 4e9
// So many tasks for each lane if there is time: its making should not weigh more at one value than at another. At least
// so few where they wait; where they compute, lanes wait for cores, and their making weighs little.
#define MOST_PER_LANE 4
#define LEAST_PER_LANE 2
// Of the seven basic models six overlap their waiting; and all together compute about six times the work of one core.
#define BASIC_TIMES 6

static double wait_ns(const struct block *block)
{
    return block->mean_wait_ns + block->mean_block_ns;
}

// What the making of threads and processes takes.
static double making_ns(const struct block *block, const struct cell *cell, double tasks, double lanes)
{
    const struct model *model = cell->entry->model;

    if (parameters_spawn(model->parameters, &cell->parameters))
        return (block->kinds & STEP_BIT(STEP_FETCH) ? SPAWN_FETCH_NS : SPAWN_NS) * (model->per_task ? tasks : lanes);
    return lanes * (model->forks ? FORK_NS : THREAD_NS);
}

uint64_t estimate_trial(const struct block *block, const struct cell *cell)
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
                                          making_ns(block, cell, tasks, lanes) + TRIAL_NS);
}

uint64_t estimate_round(const struct block *block)
{
    uint64_t sum_ns = 0;

    for (unsigned i = 0; i < block->cell_count; i++)
        sum_ns += block->cells[i].ended ? 0 : block->cells[i].estimate_ns;
    return sum_ns;
}

unsigned estimate_rounds(const struct plan *plan, const struct block *block)
{
    if (plan->options->rounds != 0)
        return plan->options->rounds;
    return plan_open_loop(block) ? OPEN_ROUNDS : ROUNDS_TYPICAL;
}

// A user's server gets no request outside the tasks that count. An open loop is as long as its tasks arrive, long enough
// to be warm for most of it.
bool estimate_warms_up(const struct plan *plan, const struct block *block)
{
    return !options_foreign_server(plan->options) && !plan_open_loop(block);
}

uint64_t estimate_block(const struct plan *plan, const struct block *block)
{
    return estimate_round(block) * (estimate_rounds(plan, block) + estimate_warms_up(plan, block));
}

void estimate_skip_long(struct block *block, uint64_t share_ns)
{
    for (unsigned i = 0; i < block->cell_count; i++) {
        struct cell *cell = &block->cells[i];
        char takes[UNITS_TEXT];

        if (cell->ended)
            continue;
        cell->estimate_ns = estimate_trial(block, cell);
        if (share_ns != 0 && cell->estimate_ns > share_ns / LONGEST)
            cell_end(cell, CELL_SKIPPED, "would take %s a trial (--time-limit, --rounds)",
                     units_format_duration(takes, (double)cell->estimate_ns));
    }
}

// An open loop takes as long as tasks arrive, under every model: a few rounds of it.
static double weight(const struct block *block)
{
    return (block->point.group != 0 ? POINT_SHARE_NS : BLOCK_SHARE_NS) +
           OPEN_ROUNDS * (double)block->cell_count * (double)block->span_ns;
}

// What the blocks from the i-th on take by default: the weights by which a limit is shared out.
static double weight_from(const struct plan *plan, unsigned i)
{
    double sum_ns = 0;

    for (; i < plan->block_count; i++)
        sum_ns += weight(&plan->blocks[i]);
    return sum_ns;
}

uint64_t estimate_time_limit(const struct plan *plan)
{
    return (uint64_t)weight_from(plan, 0);
}

uint64_t estimate_share(const struct plan *plan, unsigned i, uint64_t left_ns)
{
    double all = weight_from(plan, i);

    if (plan->time_limit_ns == 0)
        return 0;
    return 1 + (uint64_t)((double)left_ns * (all - weight_from(plan, i + 1)) / all);
}

// About what a round of the basic models takes, ns, from the block's data alone: the same for whatever models are run.
static double typical_round_ns(const struct block *block, double tasks)
{
    double compute_ns = block->mean_units * COMPUTE_CALL_NS;
    double in_turn_ns = tasks * wait_ns(block), lanes = fmin(block->concurrency, tasks);

    // What takes so long is skipped.
    if (in_turn_ns > POINT_SHARE_NS / LONGEST)
        in_turn_ns = 0;
    return in_turn_ns + BASIC_TIMES * (ceil(tasks / lanes) * wait_ns(block) + tasks * compute_ns);
}

uint32_t estimate_tasks(const struct block *block)
{
    double lanes = block->concurrency;
    double tasks = fmax(block->workload.tasks, MOST_PER_LANE * lanes);
    double least = lanes * (wait_ns(block) > 0 ? LEAST_PER_LANE : 1);

    while (tasks > least && typical_round_ns(block, tasks) > POINT_SHARE_NS / (ROUNDS_TYPICAL + 2))
        tasks = fmax(least, floor(tasks / 2));
    return (uint32_t)fmin(tasks, fmax(PLAN_TASKS_MOST, lanes));
}

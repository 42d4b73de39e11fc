// SPDX-License-Identifier: MIT
#include "cmd/plan/estimate.h"

#include <math.h>

#include "cmd/plan/repeats_planned.h"
#include "cmd/plan/weigh.h"
#include "measure/base/stats.h"
#include "measure/base/units.h"
#include "models/carry/spawn.h"
#include "workloads/program/compute.h"

// Before anything is measured: a thread's creation, that of a lane which is none, with the first page of its stack, a fork, an exec,
// and the libraries of whoever fetches. Medians of a 2-core virtual machine of 2.5 GHz: they need only be right within a factor of
// two where trials take long, and are replaced by what the first trial took.
#define THREAD_NS 40e3
#define LANE_NS 2e3
#define FORK_NS 250e3
// A fresh program, and where it must load a client to fetch.
#define SPAWN_NS 2.5e6
#define SPAWN_FETCH_NS 12e6
#define TRIAL_NS 10e6
#define FETCHING_NS 15e6
// CPU of one fetch, the origin's part included, where both share the cores; of giving way, between kernel threads or inside
// one; of a byte read out of the page cache, or from a device; of one that goes through a pipe; of one that is touched first.
#define FETCH_NS 80e3
#define THREAD_YIELD_NS 1.2e3
#define LOOP_YIELD_NS 60
#define CACHE_BYTE_NS 0.15
#define DEVICE_BYTE_NS 1.0
#define PIPE_BYTE_NS 1.0
#define FRESH_BYTE_NS 0.3
// Of going from one step to the next. Where there are thousands they are of a shared counter, which more cores do not make
// faster. In a slow language they lose less than calls do, by so much.
#define STEP_NS 6
// Of carrying a task that does nothing: its claim, its stamps and its slot. Millions of them are seconds.
#define TASK_NS 60
#define STEP_SLOWNESS 2
// The longest estimate, so that sums of them fit: a month.
#define FOREVER_NS 2.6e15
// What a run without --rounds mostly takes: the precision must be reached twice in a row. An open loop, which takes long,
// has time for as many rounds as something can be concluded from.
#define ROUNDS_TYPICAL (STATS_INTERVAL_LEAST + 1)
#define OPEN_ROUNDS STATS_INTERVAL_LEAST
// A cell is skipped if one trial would take longer than the block's time divided by this: too long for so many rounds.
#define LONGEST ROUNDS_TYPICAL
// One under way is ended when it takes so many times as long as was expected, and longer than that share.
#define OUTGROWN 3
// The time of a block where no limit is given: `basic`, with three, ends within half a minute. Less for each of a sweep. A
// run of fewer has the time of three all the same.
#define BLOCK_SHARE_NS 9e9
#define POINT_SHARE_NS 4e9
#define RUN_LEAST_NS (3 * BLOCK_SHARE_NS)
// The most that a trial adds to that where other runtimes are run; and how many times as long all may take as is expected,
// since rounds end there by themselves.
#define RUNTIME_MOST_NS 1.5e9
#define RUNTIME_SPARE 2
// Memory trials take at most one in so many parts of a block's time.
#define MEMORY_PART 3
// So many tasks for each lane if there is time: its making should not weigh more at one value than at another. At least
// so few where they wait; where they compute, lanes wait for cores, and their making weighs little.
#define MOST_PER_LANE 4
#define LEAST_PER_LANE 2
// Of a sweep of rates: the tasks that arrive, and for how long at least.
#define BRIEF_TASKS 400
#define BRIEF_NS 1e9
#define PROBE_MOST_NS 20e9
// What the search for a capacity mostly takes of one model: nine probes of five trials. Where no limit is given it has twice that.
#define SEARCH_NS 45e9
// Of the seven basic models six overlap their waiting; and all together compute about six times the work of one core.
#define BASIC_TIMES 6

static double trips_ns(const struct block *block)
{
    return block->mean_trips * (double)block->round_trip_ns;
}

static double wait_ns(const struct block *block)
{
    return block->mean_wait_ns + block->mean_block_ns + trips_ns(block);
}

// What the making of lanes takes.
static double making_ns(const struct block *block, const struct cell *cell, double tasks, double lanes)
{
    const struct model *model = cell->entry->model;

    if (parameters_spawn(model->parameters, &cell->parameters))
        return (block->kinds & STEP_BIT(STEP_FETCH) ? SPAWN_FETCH_NS : SPAWN_NS) * (model->per_task ? tasks : lanes);
    return lanes * (model->forks ? FORK_NS : model->own_threads ? THREAD_NS : LANE_NS);
}

// What the making of tasks' children takes: threads and processes, where each lane is one, and little else.
static double gathering_ns(const struct block *block, const struct cell *cell, double cores)
{
    const struct model *model = cell->entry->model;
    double child_ns = !model->own_threads ? LOOP_YIELD_NS : model->forks ? FORK_NS : THREAD_NS;

    return block->tasks * block->mean_gathered * child_ns / cores;
}

// What reading, handing over and giving way takes, of all tasks, on one core; and the buffers for it.
static double moving_ns(const struct block *block, const struct cell *cell, double cores)
{
    const struct model *model = cell->entry->model;
    bool messages = model->forks && model->task_ns > 0;
    double byte_ns = block->direct ? DEVICE_BYTE_NS : CACHE_BYTE_NS;
    double yield_ns = model->own_threads || model->one_lane ? THREAD_YIELD_NS : LOOP_YIELD_NS;
    double step_ns = STEP_NS * (model->runtime != NULL ? fmax(1, model->runtime->compute_times / STEP_SLOWNESS) : 1);
    double task_ns = TASK_NS / cores + model->task_ns + block->mean_steps * step_ns +
                     block->mean_read_bytes * byte_ns / cores + block->mean_yields * yield_ns +
                     (messages ? block->mean_payload_bytes * PIPE_BYTE_NS : 0);

    return block->tasks * task_ns + (double)block->fetches * FETCH_NS / cores +
           fmin(cell->lanes, block->tasks) * (double)(block->read_most + block->payload_most) * FRESH_BYTE_NS;
}

// Of the process and its lanes, and of the user's server, which is started for each trial.
static double starting_ns(const struct block *block, const struct cell *cell)
{
    double lanes = fmin(cell->lanes, block->tasks);
    double runtime_ns = cell->entry->model->runtime != NULL ? cell->entry->model->runtime->start_ns : 0;

    return TRIAL_NS + runtime_ns + making_ns(block, cell, block->tasks, lanes) +
           (block->fetches > 0 ? FETCHING_NS : 0) + (double)block->server_ns;
}

// What a task computes: measured, else by how fast the model's language is said to be.
static double task_cpu_ns(const struct block *work, const struct model *model)
{
    double times = model->runtime != NULL && !work->timed_compute ? model->runtime->compute_times : 1;

    return work->task_cpu_ns > 0 ? (double)work->task_cpu_ns : times * work->mean_units * COMPUTE_CALL_NS;
}

uint64_t estimate_trial(const struct block *block, const struct cell *cell)
{
    const struct model *model = cell->entry->model;
    double tasks = block->tasks, cpu_ns;
    // A chunk is for one lane, which does its tasks one after the other.
    double chunk = fmin(parameters_tasks(model->parameters, &cell->parameters), tasks), chunks = ceil(tasks / chunk);
    double lanes = fmin(cell->lanes, chunks);
    double cores = model->many_cores ? fmin(lanes, block->cores) : 1;
    // A blocking call holds up a thread: the lane's own, or the one that many lanes share.
    double blockers = model->own_threads ? lanes : cores;
    // What children wait for adds up where they come one after the other.
    double wait_ns = model->one_lane ? block->mean_in_turn_ns - block->mean_block_ns : block->mean_wait_ns;
    double waiting_ns = chunk * (ceil(chunks / lanes) * (wait_ns + trips_ns(block)) +
                                 ceil(chunks / blockers) * block->mean_block_ns);
    double computing_ns;

    if (model->pretends)
        return (uint64_t)TRIAL_NS;
    cpu_ns = task_cpu_ns(plan_work(block, cell), model);
    computing_ns = tasks * cpu_ns / cores + moving_ns(block, cell, cores) + gathering_ns(block, cell, cores);
    return (uint64_t)fmin(FOREVER_NS,
                          fmax(fmax(waiting_ns, computing_ns), (double)block->span_ns) + starting_ns(block, cell));
}

// Of a memory trial: two tasks for each lane, which need not arrive first.
static double memory_trial_ns(const struct block *block, const struct cell *cell)
{
    struct block closed = *block;
    double share = fmin(1, 2.0 * cell->lanes / block->tasks);

    closed.span_ns = 0;
    return fmin(share * (double)(plan_open_loop(block) ? estimate_trial(&closed, cell) : cell->estimate_ns) +
                    starting_ns(block, cell),
                FOREVER_NS);
}

uint64_t estimate_memory(const struct block *block, const struct cell *cell)
{
    double sum_ns = 0;

    for (unsigned i = 0; i < block->cell_count; i++) {
        const struct cell *other = &block->cells[i];

        if (!other->ended && other->status == CELL_OK && (cell == NULL || cell == other))
            sum_ns += memory_trial_ns(block, other) * (cell == NULL ? block->memory_rounds : 1);
    }
    return (uint64_t)fmin(sum_ns, FOREVER_NS);
}

uint64_t estimate_memory_part(const struct block *block, uint64_t share_ns)
{
    uint64_t all_ns = estimate_memory(block, NULL);

    return all_ns < share_ns / MEMORY_PART ? all_ns : share_ns / MEMORY_PART;
}

static void estimate_again(struct block *block)
{
    for (unsigned j = 0; j < block->cell_count; j++) {
        if (!block->cells[j].ended)
            block->cells[j].estimate_ns = estimate_trial(block, &block->cells[j]);
    }
}

void estimate_server(struct plan *plan, uint64_t server_ns)
{
    for (unsigned i = 0; i < plan->block_count; i++) {
        plan->blocks[i].server_ns = plan->blocks[i].fetches > 0 ? server_ns : 0;
        estimate_again(&plan->blocks[i]);
    }
}

void estimate_round_trip(struct plan *plan, uint64_t round_trip_ns)
{
    for (unsigned i = 0; i < plan->block_count; i++) {
        weigh_round_trip(&plan->blocks[i], round_trip_ns);
        estimate_again(&plan->blocks[i]);
    }
}

uint64_t estimate_round(const struct block *block)
{
    uint64_t sum_ns = 0;

    for (unsigned i = 0; i < block->cell_count; i++)
        sum_ns += block->cells[i].ended ? 0 : cell_repeat(&block->cells[i]) * block->cells[i].estimate_ns;
    return sum_ns;
}

unsigned estimate_rounds(const struct plan *plan, const struct block *block)
{
    if (plan->options->rounds != 0)
        return plan->options->rounds;
    return plan_open_loop(block) || estimate_enough(plan, block) ? OPEN_ROUNDS : ROUNDS_TYPICAL;
}

// A user's server gets no request outside the tasks that count. An open loop is as long as its tasks arrive, long enough
// to be warm for most of it.
bool estimate_warms_up(const struct plan *plan, const struct block *block)
{
    return !options_foreign_server(plan->options) && !plan_open_loop(block);
}

bool estimate_enough(const struct plan *plan, const struct block *block)
{
    return block->family_count > 0 && plan->options->rounds == 0 && plan->options->time_limit_ns == 0;
}

// Of the capacities of all models that are run.
static double search_ns(const struct block *block)
{
    double sum_ns = 0;

    for (unsigned i = 0; i < block->cell_count; i++)
        sum_ns += block->cells[i].ended ? 0 : SEARCH_NS;
    return sum_ns;
}

// The round that is not counted has one trial of each cell.
static uint64_t warm_up_ns(const struct plan *plan, const struct block *block)
{
    uint64_t sum_ns = 0;

    for (unsigned i = 0; i < block->cell_count && estimate_warms_up(plan, block); i++)
        sum_ns += block->cells[i].ended ? 0 : block->cells[i].estimate_ns;
    return sum_ns;
}

uint64_t estimate_block(const struct plan *plan, const struct block *block, uint64_t share_ns)
{
    if (plan->options->rate_max)
        return (uint64_t)search_ns(block);
    return repeats_round(plan, block, share_ns) * estimate_rounds(plan, block) + warm_up_ns(plan, block) +
           (options_foreign_server(plan->options) ? 0 : estimate_memory(block, NULL));
}

uint64_t estimate_run(const struct plan *plan)
{
    uint64_t sum_ns = 0, left_ns = plan->time_limit_ns;

    for (unsigned i = 0; i < plan->block_count; i++) {
        uint64_t share_ns = estimate_share(plan, i, left_ns), ns = estimate_block(plan, &plan->blocks[i], share_ns);

        left_ns -= share_ns < left_ns ? share_ns : left_ns;
        sum_ns += share_ns != 0 && ns > share_ns ? share_ns : ns;
    }
    return sum_ns;
}

uint64_t estimate_longest_trial(const struct cell *cell, uint64_t share_ns)
{
    uint64_t planned_ns = share_ns / LONGEST, by_estimate_ns = OUTGROWN * cell->estimate_ns;

    return planned_ns > by_estimate_ns ? planned_ns : by_estimate_ns;
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

void estimate_skip_planned(struct plan *plan)
{
    uint64_t left_ns = plan->time_limit_ns;

    for (unsigned i = 0; i < plan->block_count; i++) {
        uint64_t share_ns = estimate_share(plan, i, left_ns);

        left_ns -= share_ns < left_ns ? share_ns : left_ns;
        estimate_skip_long(&plan->blocks[i], share_ns);
    }
}

// Programs of other runtimes take long to start, and compute slowly: enough for the rounds without which nothing can be
// concluded, one to warm up and the memory trials. 0 where there are none.
static double runtimes_ns(const struct block *block)
{
    double sum_ns = 0;
    bool any = false;

    for (unsigned i = 0; i < block->cell_count; i++) {
        const struct cell *cell = &block->cells[i];

        any |= cell->family > 0;
        sum_ns += cell->ended ? 0 : fmin((double)cell->estimate_ns, RUNTIME_MOST_NS);
    }
    return any ? RUNTIME_SPARE * (STATS_INTERVAL_LEAST + 2) * sum_ns : 0;
}

// An open loop takes as long as tasks arrive, under every model: a few rounds of it.
static double weight(const struct block *block)
{
    double share_ns = block->point.group != 0 ? POINT_SHARE_NS : BLOCK_SHARE_NS;

    return fmax(share_ns, runtimes_ns(block)) + OPEN_ROUNDS * (double)block->cell_count * (double)block->span_ns;
}

// What the blocks from the i-th on take by default: the weights by which a limit is shared out.
static double weight_from(const struct plan *plan, unsigned i)
{
    double sum_ns = 0;

    for (; i < plan->block_count; i++)
        sum_ns += plan->options->rate_max ? fmax(2 * search_ns(&plan->blocks[i]), BLOCK_SHARE_NS)
                                          : weight(&plan->blocks[i]);
    return sum_ns;
}

uint64_t estimate_time_limit(const struct plan *plan)
{
    return (uint64_t)fmax(weight_from(plan, 0), RUN_LEAST_NS);
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
    double in_turn_ns = tasks * block->mean_in_turn_ns, lanes = fmin(block->concurrency, tasks);

    // What takes so long is skipped.
    if (in_turn_ns > POINT_SHARE_NS / LONGEST)
        in_turn_ns = 0;
    return in_turn_ns + BASIC_TIMES * (ceil(tasks / lanes) * wait_ns(block) + tasks * compute_ns);
}

uint64_t estimate_probe(const struct block *block, double tasks)
{
    return (uint64_t)fmin(fmax(BRIEF_NS, fmax(BRIEF_TASKS, tasks) * 1e9 / block->arrivals.rate_per_s), PROBE_MOST_NS);
}

uint64_t estimate_brief(const struct block *block)
{
    return (uint64_t)fmin(fmax(BRIEF_NS, BRIEF_TASKS * 1e9 / block->arrivals.rate_per_s), WORKLOAD_DURATION_NS);
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

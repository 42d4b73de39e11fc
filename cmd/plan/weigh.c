// SPDX-License-Identifier: MIT
// What the tasks of a block come to, from the workload's data alone.
#include <errno.h>
#include <stdlib.h>

#include "cmd/plan/plan.h"

// What a foreign server answers is not known: neither can a failure be expected of it.
static struct expectation expect(const struct task_class *class, const struct program_cost *cost, bool foreign)
{
    return (struct expectation){
        .name = class->name,
        .check = cost->check,
        .least_wait_ns = cost->least_wait_ns + cost->block_ns,
        .updates = cost->updates,
        .fails = class->fails && !(foreign && cost->fetches > 0),
    };
}

// How many tasks each class has: the slots are dealt as a trial will have them. Sets when the last task arrives. As long as
// nobody knows how many tasks there will be, the weights stand for them.
static int count_classes(const struct plan *plan, struct block *block, uint32_t *ret_counts)
{
    struct slot *slots = calloc((size_t)block->tasks + 1, sizeof *slots);

    if (slots == NULL)
        return -ENOMEM;
    for (size_t i = 0; block->tasks == 0 && i < block->workload.mix.count; i++)
        ret_counts[i] = block->workload.mix.classes[i].weight;
    slots_fill(slots, block->tasks, &block->workload.mix, &block->arrivals, plan->options->seed);
    block->span_ns = plan_open_loop(block) && block->tasks > 0 ? slots[block->tasks - 1].arrival_ns : 0;
    for (uint32_t i = 0; i < block->tasks; i++)
        ret_counts[slots[i].class_index]++;
    free(slots);
    return 0;
}

// Adds what `tasks` tasks of a class cost, which are that share of all.
static void weigh_class(const struct plan *plan, struct block *block, size_t index, uint32_t tasks, double share)
{
    const struct task_class *class = &block->workload.mix.classes[index];
    struct program_cost cost;

    program_cost(&class->program, plan->options->url != NULL, &cost);
    block->expected[index] = expect(class, &cost, plan->options->url != NULL);
    block->fetches += tasks * cost.fetches;
    block->fetches_least += tasks * (class->fails ? cost.fetches > 0 : cost.fetches);
    block->mean_units += share * cost.compute_units;
    block->mean_wait_ns += share * (double)cost.wait_ns;
    block->mean_block_ns += share * (double)cost.block_ns;
    block->total.kinds |= cost.kinds;
    block->total.endless_io |= cost.endless_io;
    block->total.steps += cost.steps;
    block->total.direct |= cost.direct;
    block->total.timed_compute |= cost.timed_compute;
    if (cost.read_most > block->read_most)
        block->read_most = cost.read_most;
    if (cost.depth > block->total.depth)
        block->total.depth = cost.depth;
}

int plan_weigh(const struct plan *plan, struct block *block)
{
    size_t classes = block->workload.mix.count;
    uint32_t *counts = calloc(classes, sizeof *counts);
    int err = counts != NULL ? 0 : -ENOMEM;
    double all = 0;

    free(block->expected);
    block->expected = calloc(classes, sizeof *block->expected);
    if (err == 0)
        err = block->expected != NULL ? count_classes(plan, block, counts) : -ENOMEM;
    block->total = (struct program_cost){0};
    block->mean_units = block->mean_wait_ns = block->mean_block_ns = 0;
    block->fetches = block->fetches_least = 0;
    for (size_t i = 0; err == 0 && i < classes; i++)
        all += counts[i];
    for (size_t i = 0; err == 0 && i < classes; i++)
        weigh_class(plan, block, i, counts[i], counts[i] / all);
    free(counts);
    return err;
}

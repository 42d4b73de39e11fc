// SPDX-License-Identifier: MIT
#include "cmd/plan/weigh.h"

#include <errno.h>
#include <stdlib.h>

// What a foreign server answers is not known: neither can a failure be expected of it.
static struct expectation expect(const struct task_class *class, const struct program_cost *cost, bool foreign)
{
    return (struct expectation){
        .name = class->name,
        .check = cost->check,
        .unknown = cost->any_check,
        .least_wait_ns = cost->least_wait_ns + cost->block_ns,
        .updates = cost->updates,
        .fails = class->fails && !(foreign && cost->fetches > 0),
    };
}

static void cost_classes(const struct options *options, struct block *block)
{
    bool foreign = options->url != NULL;

    for (size_t i = 0; i < block->workload.mix.count; i++) {
        const struct task_class *class = &block->workload.mix.classes[i];

        program_cost(&class->program, foreign, &block->weights[i].cost);
        block->expected[i] = expect(class, &block->weights[i].cost, foreign);
    }
}

// As if each class had so many tasks.
static void set_means(struct block *block)
{
    double all = 0;

    for (size_t i = 0; i < block->workload.mix.count; i++)
        all += block->weights[i].tasks;
    block->mean_units = block->mean_wait_ns = block->mean_block_ns = 0;
    block->mean_in_turn_ns = block->mean_gathered = block->mean_trips = 0;
    block->mean_steps = block->mean_yields = block->mean_read_bytes = block->mean_payload_bytes = 0;
    block->longest_wait_ns = 0;
    for (size_t i = 0; i < block->workload.mix.count; i++) {
        const struct program_cost *cost = &block->weights[i].cost;
        double share = block->weights[i].tasks / all;

        block->mean_units += share * cost->compute_units;
        block->mean_wait_ns += share * (double)cost->wait_ns;
        block->mean_block_ns += share * (double)cost->block_ns;
        block->mean_in_turn_ns += share * (double)cost->in_turn_ns;
        block->mean_trips += share * (double)cost->trips;
        block->mean_gathered += share * (double)cost->gathered;
        block->mean_read_bytes += share * (double)cost->read_bytes;
        block->mean_payload_bytes += share * (double)(cost->take_bytes + cost->reply_bytes);
        block->mean_steps += share * (double)cost->steps;
        block->mean_yields += share * (double)cost->yields;
        if (block->weights[i].tasks > 0 && cost->least_wait_ns + cost->block_ns > block->longest_wait_ns)
            block->longest_wait_ns = cost->least_wait_ns + cost->block_ns;
    }
}

static void set_even_wait(struct block *block)
{
    uint64_t wait_ns = block->longest_wait_ns;

    block->even_wait = true;
    for (size_t i = 0; i < block->workload.mix.count; i++) {
        const struct program_cost *cost = &block->weights[i].cost;

        if (block->weights[i].tasks > 0)
            block->even_wait &= cost->wait_ns + cost->block_ns == wait_ns &&
                                cost->least_wait_ns + cost->block_ns == wait_ns &&
                                (block->round_trip_ns == 0 || (double)cost->trips == block->mean_trips);
    }
}

int weigh_classes(const struct options *options, struct block *block)
{
    const struct task_mix *mix = &block->workload.mix;

    block->expected = calloc(mix->count, sizeof *block->expected);
    block->weights = calloc(mix->count, sizeof *block->weights);
    if (block->expected == NULL || block->weights == NULL)
        return -ENOMEM;
    cost_classes(options, block);
    for (size_t i = 0; i < mix->count; i++)
        block->weights[i].tasks = mix->classes[i].weight;
    set_means(block);
    set_even_wait(block);
    return 0;
}

static int deal(const struct options *options, struct block *block)
{
    struct slot *slots = calloc(block->tasks, sizeof *slots);

    if (slots == NULL)
        return -ENOMEM;
    slots_fill(slots, block->tasks, &block->workload.mix, &block->arrivals, options->seed);
    block->span_ns = plan_open_loop(block) ? slots[block->tasks - 1].arrival_ns : 0;
    for (size_t i = 0; i < block->workload.mix.count; i++)
        block->weights[i].tasks = 0;
    for (uint32_t i = 0; i < block->tasks; i++)
        block->weights[slots[i].class_index].tasks++;
    free(slots);
    return 0;
}

// A task ends where it fails: only with a single fetch, without a timeout, is that the end of all its waiting.
static bool may_be_cut_short(const struct options *options, const struct task_class *class)
{
    return class->fails &&
           (class->program.length != 1 || class->program.steps[0].kind != STEP_FETCH || options->task_timeout_ns != 0);
}

static void add_counts(struct fetch_counts *sum, const struct fetch_counts *each, uint32_t tasks)
{
    sum->fresh += tasks * each->fresh;
    sum->kept += tasks * each->kept;
}

// Adds what the tasks of a class need.
static void add_class(const struct options *options, struct block *block, size_t index)
{
    const struct class_weight *weight = &block->weights[index];
    const struct program_cost *cost = &weight->cost;
    const struct task_class *class = &block->workload.mix.classes[index];

    block->fetches += weight->tasks * cost->fetches;
    block->fetches_least += class->fails ? 0 : weight->tasks * cost->fetches;
    add_counts(&block->plain, &cost->plain, weight->tasks);
    add_counts(&block->tls, &cost->tls, weight->tasks);
    block->kinds |= cost->kinds;
    block->endless_io |= cost->endless_io;
    block->direct |= cost->direct;
    block->cut_short |= weight->tasks > 0 && may_be_cut_short(options, class);
    block->timed_compute |= cost->timed_compute;
    if (cost->read_most > block->read_most)
        block->read_most = cost->read_most;
    if (cost->children > block->children)
        block->children = cost->children;
    if (cost->payload_most > block->payload_most)
        block->payload_most = cost->payload_most;
}

// The most of a lane: it keeps its own beside those of its tasks' children, which may be of another class.
static void set_connections(struct block *block)
{
    uint32_t own = 0, of_children = 0;

    for (size_t i = 0; i < block->workload.mix.count; i++) {
        const struct program_cost *cost = &block->weights[i].cost;

        if (cost->own_connections > own)
            own = cost->own_connections;
        if (cost->child_connections > of_children)
            of_children = cost->child_connections;
    }
    block->connections = own + of_children;
}

int weigh_tasks(const struct options *options, struct block *block)
{
    int err = deal(options, block);

    if (err != 0)
        return err;
    set_means(block);
    set_even_wait(block);
    for (size_t i = 0; i < block->workload.mix.count; i++)
        add_class(options, block, i);
    set_connections(block);
    return 0;
}

int weigh_at_rate(const struct options *options, struct block *block, double per_s, uint32_t tasks)
{
    int err;

    block->arrivals.rate_per_s = per_s;
    block->tasks = tasks;
    block->fetches = block->fetches_least = 0;
    block->plain = block->tls = (struct fetch_counts){0};
    err = weigh_tasks(options, block);
    for (unsigned i = 0; err == 0 && i < block->family_count; i++)
        err = weigh_at_rate(options, block->families[i].work, per_s, tasks);
    return err;
}

void weigh_calibrated(const struct options *options, struct block *block, double unit_ns)
{
    const struct task_mix *mix = &block->workload.mix;

    for (size_t i = 0; i < mix->count; i++)
        program_calibrate(&mix->classes[i].program, unit_ns);
    cost_classes(options, block);
    set_means(block);
    set_even_wait(block);
}

void weigh_round_trip(struct block *block, uint64_t round_trip_ns)
{
    block->round_trip_ns = block->needs_origin ? round_trip_ns : 0;
    set_even_wait(block);
    for (unsigned i = 0; i < block->family_count; i++)
        weigh_round_trip(block->families[i].work, block->round_trip_ns);
}

// SPDX-License-Identifier: MIT
// What programs cost, worked out from their steps.
#include <string.h>

#include "measure/base/page.h"
#include "workloads/origin/path.h"
#include "workloads/program/compute.h"
#include "workloads/program/program.h"

// Of a list of steps, as far as it has been added up.
struct sum {
    bool foreign;   // fetches go to a user's URL
    unsigned depth; // of the list
    struct program_cost cost;
    uint32_t own, below; // connections: its own, and the most of children that are there at once
};

// Sums that stay at the largest number rather than begin anew: repetitions of repetitions may come to anything.
static void grow(uint64_t *sum, uint64_t value, uint64_t times)
{
    if (__builtin_mul_overflow(value, times, &value) || __builtin_add_overflow(*sum, value, sum))
        *sum = UINT64_MAX;
}

static void grow_counts(struct fetch_counts *sum, const struct fetch_counts *more, uint64_t times)
{
    grow(&sum->fresh, more->fresh, times);
    grow(&sum->kept, more->kept, times);
}

static void raise_to(uint64_t *most, uint64_t value)
{
    if (value > *most)
        *most = value;
}

static void raise_count(uint32_t *most, uint32_t value)
{
    if (value > *most)
        *most = value;
}

static void cost_nothing(const struct step *step, struct sum *sum)
{
}

// How long it takes, and what it comes to, only its author knows.
static void cost_function(const struct step *step, struct sum *sum)
{
    sum->cost.endless_io = true;
    sum->cost.any_check = true;
}

static void cost_yield(const struct step *step, struct sum *sum)
{
    grow(&sum->cost.yields, step->arg, 1);
}

static void cost_wait(const struct step *step, struct sum *sum)
{
    grow(&sum->cost.wait_ns, step->arg, 1);
    grow(&sum->cost.least_wait_ns, step->arg, 1);
    grow(&sum->cost.in_turn_ns, step->arg, 1);
}

static void cost_block(const struct step *step, struct sum *sum)
{
    grow(&sum->cost.block_ns, step->arg, 1);
    grow(&sum->cost.in_turn_ns, step->arg, 1);
}

// The request's own; before it that of TCP's handshake and that of TLS 1.3's (RFC 8446, section 2), where the connection is
// fresh. One that is kept is made once for many.
static uint64_t fetch_trips(const struct step *step)
{
    return 1 + (step->fresh ? 1 + step->tls : 0);
}

// A user's URL has no stated delay, and what it answers is checked against the trial's first answer, not against a figure
// known beforehand.
static void cost_fetch(const struct step *step, struct sum *sum)
{
    struct fetch_counts *counts;
    struct origin_path path;
    uint64_t mean_ns;

    sum->own = 1;
    grow(&sum->cost.fetches, 1, 1);
    counts = step->tls && !sum->foreign ? &sum->cost.tls : &sum->cost.plain;
    grow(step->fresh ? &counts->fresh : &counts->kept, 1, 1);
    sum->cost.asks_tls |= step->tls;
    grow(&sum->cost.trips, fetch_trips(step), 1);
    if (sum->foreign || origin_path_parse(step->path, strlen(step->path), &path) != 0) {
        sum->cost.endless_io = true;
        sum->cost.any_check = true;
        return;
    }
    sum->cost.endless_io |= !path.has_delay;
    mean_ns = path.delay_low_ns + (path.delay_high_ns - path.delay_low_ns) / 2;
    grow(&sum->cost.wait_ns, mean_ns, 1);
    grow(&sum->cost.in_turn_ns, mean_ns, 1);
    grow(&sum->cost.least_wait_ns, path.delay_low_ns, 1);
    sum->cost.check += (uint32_t)path.bytes;
}

static void cost_compute(const struct step *step, struct sum *sum)
{
    sum->cost.compute_units += (double)step->times * compute_calls((unsigned)step->arg);
    sum->cost.check += (uint32_t)step->times * compute_expected((unsigned)step->arg);
    sum->cost.timed_compute |= step->time_ns > 0;
}

static void cost_read(const struct step *step, struct sum *sum)
{
    grow(&sum->cost.read_bytes, step->arg, 1);
    raise_to(&sum->cost.read_most, step->arg);
    sum->cost.direct |= step->direct;
    // Out of the page cache it is a copy in memory; how long a device takes nobody has said.
    sum->cost.endless_io |= step->direct;
    sum->cost.check += (uint32_t)step->arg;
}

// It is read too, though from no file.
static void cost_copy(const struct step *step, struct sum *sum)
{
    grow(&sum->cost.read_bytes, step->arg, 1);
    raise_to(&sum->cost.read_most, step->arg);
    sum->cost.check += (uint32_t)step->arg;
}

static void cost_store(const struct step *step, struct sum *sum)
{
    grow(&sum->cost.updates, 1, 1);
}

static void cost_add(const struct step *step, struct sum *sum)
{
    grow(&sum->cost.updates, step->arg, 1);
}

uint32_t program_payload_check(uint64_t bytes)
{
    return (uint32_t)(bytes + (bytes + PAGE_BYTES - 1) / PAGE_BYTES);
}

static void add_payload(uint64_t bytes, uint64_t *total, struct program_cost *cost)
{
    grow(total, bytes, 1);
    raise_to(&cost->payload_most, bytes);
    cost->check += program_payload_check(bytes);
}

static void cost_take(const struct step *step, struct sum *sum)
{
    add_payload(step->arg, &sum->cost.take_bytes, &sum->cost);
}

static void cost_reply(const struct step *step, struct sum *sum)
{
    add_payload(step->arg, &sum->cost.reply_bytes, &sum->cost);
}

static void add_up(const struct program *program, struct sum *sum);

// What a nested list comes to when it is carried out so many times, but for the time that it waits and blocks.
static void add_body(struct program_cost *cost, const struct program_cost *body, uint64_t times)
{
    grow(&cost->in_turn_ns, body->in_turn_ns, times);
    grow(&cost->steps, body->steps, times);
    grow(&cost->yields, body->yields, times);
    grow(&cost->fetches, body->fetches, times);
    grow_counts(&cost->plain, &body->plain, times);
    grow_counts(&cost->tls, &body->tls, times);
    cost->asks_tls |= body->asks_tls;
    grow(&cost->updates, body->updates, times);
    grow(&cost->take_bytes, body->take_bytes, times);
    grow(&cost->reply_bytes, body->reply_bytes, times);
    grow(&cost->read_bytes, body->read_bytes, times);
    grow(&cost->gathered, body->gathered, times);
    raise_to(&cost->payload_most, body->payload_most);
    raise_to(&cost->read_most, body->read_most);
    cost->compute_units += (double)times * body->compute_units;
    cost->direct |= body->direct;
    cost->timed_compute |= body->timed_compute;
    cost->kinds |= body->kinds;
    cost->check += (uint32_t)times * body->check;
    cost->endless_io |= body->endless_io && times > 0;
    cost->any_check |= body->any_check && times > 0;
    cost->depth = body->depth > cost->depth ? body->depth : cost->depth;
}

static void cost_call(const struct step *step, struct sum *sum)
{
    struct sum once = {.foreign = sum->foreign, .depth = sum->depth + 1};
    struct program_cost *cost = &sum->cost, *body = &once.cost;

    // Once, then multiplied: repeat counts may be in the millions.
    add_up(step->callee, &once);
    add_body(cost, body, step->arg);
    grow(&cost->wait_ns, body->wait_ns, step->arg);
    grow(&cost->least_wait_ns, body->least_wait_ns, step->arg);
    grow(&cost->block_ns, body->block_ns, step->arg);
    grow(&cost->trips, body->trips, step->arg);
    raise_count(&cost->children, body->children);
    raise_count(&sum->own, once.own);
    raise_count(&sum->below, once.below);
}

// The longest child's time is the gather's: of the one that blocks and waits for longest at the least, both; and so much more
// waiting as the mean of another may be above it.
static void add_longest(struct program_cost *cost, const struct program_cost *child, uint64_t mean_ns)
{
    uint64_t most_ns = child->block_ns;

    raise_to(&most_ns, mean_ns);
    grow(&cost->block_ns, child->block_ns, 1);
    grow(&cost->trips, child->trips, 1);
    grow(&cost->least_wait_ns, child->least_wait_ns, 1);
    grow(&cost->wait_ns, most_ns - child->block_ns, 1);
}

static uint64_t least_ns(const struct program_cost *cost)
{
    uint64_t ns = cost->block_ns;

    grow(&ns, cost->least_wait_ns, 1);
    return ns;
}

static void cost_gather(const struct step *step, struct sum *sum)
{
    struct program_cost longest = {0};
    uint32_t children = 0, connections = 0;
    uint64_t mean_ns = 0;

    for (uint64_t i = 0; i < step->arg; i++) {
        struct sum child = {.foreign = sum->foreign, .depth = sum->depth + 1};
        uint64_t child_ns;

        add_up(&step->callee[i], &child);
        add_body(&sum->cost, &child.cost, 1);
        child_ns = child.cost.block_ns;
        grow(&child_ns, child.cost.wait_ns, 1);
        raise_to(&mean_ns, child_ns);
        if (i == 0 || least_ns(&child.cost) > least_ns(&longest))
            longest = child.cost;
        children += 1 + child.cost.children;
        connections += child.own + child.below;
    }
    add_longest(&sum->cost, &longest, mean_ns);
    grow(&sum->cost.gathered, step->arg, 1);
    raise_count(&sum->cost.children, children);
    raise_count(&sum->below, connections);
}

static void add_up(const struct program *program, struct sum *sum)
{
    static void (*const costs[])(const struct step *step, struct sum *sum) = {
#define STEP_COST(id, name, value, least, most, options, cost, words) cost_##cost,
        STEP_KINDS(STEP_COST)
#undef STEP_COST
    };

    sum->cost.depth = sum->depth;
    for (size_t i = 0; i < program->length; i++) {
        const struct step *step = &program->steps[i];

        sum->cost.kinds |= STEP_BIT(step->kind);
        if (step->kind != STEP_CALL && step->kind != STEP_GATHER)
            grow(&sum->cost.steps, 1, 1);
        costs[step->kind](step, sum);
    }
}

void program_cost(const struct program *program, bool foreign, struct program_cost *ret_cost)
{
    struct sum sum = {.foreign = foreign, .depth = 1};

    add_up(program, &sum);
    sum.cost.own_connections = sum.own;
    sum.cost.child_connections = sum.below;
    *ret_cost = sum.cost;
}

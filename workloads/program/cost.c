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
};

// Sums that stay at the largest number rather than begin anew: repetitions of repetitions may come to anything.
static void grow(uint64_t *sum, uint64_t value, uint64_t times)
{
    if (__builtin_mul_overflow(value, times, &value) || __builtin_add_overflow(*sum, value, sum))
        *sum = UINT64_MAX;
}

static void raise_to(uint64_t *most, uint64_t value)
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
}

static void cost_block(const struct step *step, struct sum *sum)
{
    grow(&sum->cost.block_ns, step->arg, 1);
}

// A user's URL has no stated delay, and what it answers is checked against the trial's first answer, not against a figure
// known beforehand.
static void cost_fetch(const struct step *step, struct sum *sum)
{
    struct origin_path path;

    grow(&sum->cost.fetches, 1, 1);
    if (sum->foreign || origin_path_parse(step->path, strlen(step->path), &path) != 0) {
        sum->cost.endless_io = true;
        sum->cost.any_check = true;
        return;
    }
    sum->cost.endless_io |= !path.has_delay;
    grow(&sum->cost.wait_ns, path.delay_low_ns + (path.delay_high_ns - path.delay_low_ns) / 2, 1);
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

static void cost_call(const struct step *step, struct sum *sum)
{
    struct sum once = {.foreign = sum->foreign, .depth = sum->depth + 1};
    struct program_cost *cost = &sum->cost, *body = &once.cost;

    // Once, then multiplied: repeat counts may be in the millions.
    add_up(step->callee, &once);
    grow(&cost->wait_ns, body->wait_ns, step->arg);
    grow(&cost->least_wait_ns, body->least_wait_ns, step->arg);
    grow(&cost->block_ns, body->block_ns, step->arg);
    grow(&cost->steps, body->steps, step->arg);
    grow(&cost->yields, body->yields, step->arg);
    grow(&cost->fetches, body->fetches, step->arg);
    grow(&cost->updates, body->updates, step->arg);
    grow(&cost->take_bytes, body->take_bytes, step->arg);
    grow(&cost->reply_bytes, body->reply_bytes, step->arg);
    grow(&cost->read_bytes, body->read_bytes, step->arg);
    raise_to(&cost->payload_most, body->payload_most);
    raise_to(&cost->read_most, body->read_most);
    cost->compute_units += (double)step->arg * body->compute_units;
    cost->direct |= body->direct;
    cost->timed_compute |= body->timed_compute;
    cost->kinds |= body->kinds;
    cost->check += (uint32_t)step->arg * body->check;
    cost->endless_io |= body->endless_io && step->arg > 0;
    cost->any_check |= body->any_check && step->arg > 0;
    cost->depth = body->depth > cost->depth ? body->depth : cost->depth;
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
        if (step->kind != STEP_CALL)
            grow(&sum->cost.steps, 1, 1);
        costs[step->kind](step, sum);
    }
}

void program_cost(const struct program *program, bool foreign, struct program_cost *ret_cost)
{
    struct sum sum = {.foreign = foreign, .depth = 1};

    add_up(program, &sum);
    *ret_cost = sum.cost;
}

// SPDX-License-Identifier: MIT
// What programs cost, worked out from their steps.
#include <string.h>

#include "workloads/origin/path.h"
#include "workloads/program/compute.h"
#include "workloads/program/program.h"

#define PAGE_BYTES 4096

// Where a step stands.
struct place {
    bool foreign;   // its fetches go to a user's URL
    unsigned depth; // of its list
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

static void cost_nothing(const struct step *step, const struct place *place, struct program_cost *cost)
{
    (void)step, (void)place, (void)cost;
}

static void cost_wait(const struct step *step, const struct place *place, struct program_cost *cost)
{
    (void)place;
    grow(&cost->wait_ns, step->arg, 1);
    grow(&cost->least_wait_ns, step->arg, 1);
}

static void cost_block(const struct step *step, const struct place *place, struct program_cost *cost)
{
    (void)place;
    grow(&cost->block_ns, step->arg, 1);
}

// A user's URL has no stated delay, and what it answers is checked against the trial's first answer, not against a figure
// known beforehand.
static void cost_fetch(const struct step *step, const struct place *place, struct program_cost *cost)
{
    struct origin_path path;

    grow(&cost->fetches, 1, 1);
    if (place->foreign || origin_path_parse(step->path, strlen(step->path), &path) != 0) {
        cost->endless_io = true;
        return;
    }
    cost->endless_io |= !path.has_delay;
    grow(&cost->wait_ns, path.delay_low_ns + (path.delay_high_ns - path.delay_low_ns) / 2, 1);
    grow(&cost->least_wait_ns, path.delay_low_ns, 1);
    cost->check += (uint32_t)path.bytes;
}

static void cost_compute(const struct step *step, const struct place *place, struct program_cost *cost)
{
    (void)place;
    cost->compute_units += (double)step->times * compute_calls((unsigned)step->arg);
    cost->check += (uint32_t)step->times * compute_expected((unsigned)step->arg);
    cost->timed_compute |= step->time_ns > 0;
}

static void cost_read(const struct step *step, const struct place *place, struct program_cost *cost)
{
    (void)place;
    raise_to(&cost->read_most, step->arg);
    cost->direct |= step->direct;
    // Out of the page cache it is a copy in memory; how long a device takes nobody has said.
    cost->endless_io |= step->direct;
    cost->check += (uint32_t)step->arg;
}

static void cost_store(const struct step *step, const struct place *place, struct program_cost *cost)
{
    (void)step, (void)place;
    grow(&cost->updates, 1, 1);
}

static void cost_add(const struct step *step, const struct place *place, struct program_cost *cost)
{
    (void)place;
    grow(&cost->updates, step->arg, 1);
}

uint32_t program_payload_check(uint64_t bytes)
{
    return (uint32_t)(bytes + (bytes + PAGE_BYTES - 1) / PAGE_BYTES);
}

static void add_payload(uint64_t bytes, uint64_t *sum, struct program_cost *cost)
{
    grow(sum, bytes, 1);
    raise_to(&cost->payload_most, bytes);
    cost->check += program_payload_check(bytes);
}

static void cost_take(const struct step *step, const struct place *place, struct program_cost *cost)
{
    (void)place;
    add_payload(step->arg, &cost->take_bytes, cost);
}

static void cost_reply(const struct step *step, const struct place *place, struct program_cost *cost)
{
    (void)place;
    add_payload(step->arg, &cost->reply_bytes, cost);
}

static void add_cost(const struct program *program, const struct place *place, struct program_cost *cost);

static void cost_call(const struct step *step, const struct place *place, struct program_cost *cost)
{
    const struct place inside = {.foreign = place->foreign, .depth = place->depth + 1};
    struct program_cost body = {.depth = place->depth};

    // Once, then multiplied: repeat counts may be in the millions.
    add_cost(step->callee, &inside, &body);
    grow(&cost->wait_ns, body.wait_ns, step->arg);
    grow(&cost->least_wait_ns, body.least_wait_ns, step->arg);
    grow(&cost->block_ns, body.block_ns, step->arg);
    cost->compute_units += (double)step->arg * body.compute_units;
    grow(&cost->steps, body.steps, step->arg);
    grow(&cost->fetches, body.fetches, step->arg);
    grow(&cost->updates, body.updates, step->arg);
    grow(&cost->take_bytes, body.take_bytes, step->arg);
    grow(&cost->reply_bytes, body.reply_bytes, step->arg);
    raise_to(&cost->payload_most, body.payload_most);
    raise_to(&cost->read_most, body.read_most);
    cost->direct |= body.direct;
    cost->timed_compute |= body.timed_compute;
    cost->kinds |= body.kinds;
    cost->check += (uint32_t)step->arg * body.check;
    cost->endless_io |= body.endless_io && step->arg > 0;
    cost->depth = body.depth > cost->depth ? body.depth : cost->depth;
}

static void add_cost(const struct program *program, const struct place *place, struct program_cost *cost)
{
    static void (*const costs[])(const struct step *step, const struct place *place, struct program_cost *cost) = {
#define STEP_COST(id, name, value, least, most, options, cost, words) cost_##cost,
        STEP_KINDS(STEP_COST)
#undef STEP_COST
    };

    if (place->depth > cost->depth)
        cost->depth = place->depth;
    for (size_t i = 0; i < program->length; i++) {
        const struct step *step = &program->steps[i];

        cost->kinds |= STEP_BIT(step->kind);
        if (step->kind != STEP_CALL)
            grow(&cost->steps, 1, 1);
        costs[step->kind](step, place, cost);
    }
}

void program_cost(const struct program *program, bool foreign, struct program_cost *ret_cost)
{
    const struct place place = {.foreign = foreign, .depth = 1};
    struct program_cost cost = {0};

    add_cost(program, &place, &cost);
    *ret_cost = cost;
}

// SPDX-License-Identifier: MIT
#include "workloads/program/program.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/units.h"
#include "workloads/program/compute.h"
#include "workloads/origin/path.h"

#define PAGE_BYTES 4096

static void step_release(struct step *step)
{
    free(step->path);
    free(step->url);
    program_release(step->callee);
    free(step->callee);
}

void program_release(struct program *program)
{
    if (program == NULL)
        return;
    for (size_t i = 0; i < program->length; i++)
        step_release(&program->steps[i]);
    free(program->steps);
    *program = (struct program){0};
}

void task_mix_release(struct task_mix *mix)
{
    for (size_t i = 0; i < mix->count; i++) {
        free(mix->classes[i].name);
        program_release(&mix->classes[i].program);
    }
    free(mix->classes);
    *mix = (struct task_mix){0};
}

struct step *program_append(struct program *program, enum step_kind kind)
{
    struct step *steps = realloc(program->steps, (program->length + 1) * sizeof *steps);

    if (steps == NULL)
        return NULL;
    program->steps = steps;
    steps[program->length] = (struct step){.kind = kind, .times = 1};
    return &steps[program->length++];
}

void step_compute_for(struct step *step, uint64_t time_ns)
{
    step->time_ns = time_ns;
    step->arg = COMPUTE_UNIT_N;
    step->times = (uint64_t)fmax(1, (double)time_ns / (compute_calls(COMPUTE_UNIT_N) * COMPUTE_CALL_NS));
}

int program_append_compute(struct program *program, const char *text)
{
    bool is_time = strspn(text, "0123456789") < strlen(text);
    struct step *step;
    uint64_t value;

    if (is_time ? units_parse_duration(text, &value) != 0 || value == 0 || value > COMPUTE_TIME_MAX_NS
                : units_parse_count(text, &value) != 0 || value > COMPUTE_MAX)
        return -EINVAL;
    step = program_append(program, STEP_COMPUTE);
    if (step == NULL)
        return -ENOMEM;
    if (is_time)
        step_compute_for(step, value);
    else
        step->arg = value;
    return 0;
}

struct program *program_append_call(struct program *program, uint64_t times)
{
    struct program *callee = calloc(1, sizeof *callee);
    struct step *step = callee != NULL ? program_append(program, STEP_CALL) : NULL;

    if (step == NULL) {
        free(callee);
        return NULL;
    }
    step->arg = times;
    step->callee = callee;
    return callee;
}

int task_mix_single(struct task_mix *mix, const char *name, struct program *program)
{
    struct task_class *class = calloc(1, sizeof *class);

    if (class != NULL)
        class->name = strdup(name);
    if (class == NULL || class->name == NULL) {
        free(class);
        program_release(program);
        return -ENOMEM;
    }
    class->weight = 1;
    class->program = *program;
    *program = (struct program){0};
    *mix = (struct task_mix){.classes = class, .count = 1};
    return 0;
}

// Sums that stay at the largest number rather than begin anew: repetitions of repetitions may come to anything.
static void grow(uint64_t *sum, uint64_t value, uint64_t times)
{
    if (__builtin_mul_overflow(value, times, &value) || __builtin_add_overflow(*sum, value, sum))
        *sum = UINT64_MAX;
}

// A fetch's part of the cost. A user's URL has no stated delay, and what it answers is checked against the trial's first
// answer, not against a figure known beforehand.
static void fetch_cost(const struct step *step, bool foreign, struct program_cost *cost)
{
    struct origin_path path;

    grow(&cost->fetches, 1, 1);
    if (foreign || origin_path_parse(step->path, strlen(step->path), &path) != 0) {
        cost->endless_io = true;
        return;
    }
    if (!path.has_delay)
        cost->endless_io = true;
    grow(&cost->wait_ns, path.delay_low_ns + (path.delay_high_ns - path.delay_low_ns) / 2, 1);
    grow(&cost->least_wait_ns, path.delay_low_ns, 1);
    cost->check += (uint32_t)path.bytes;
}

static void add_cost(const struct program *program, bool foreign, unsigned depth, struct program_cost *cost);

static void call_cost(const struct step *step, bool foreign, unsigned depth, struct program_cost *cost)
{
    struct program_cost body = {.depth = depth};

    // Once, then multiplied: repeat counts may be in the millions.
    add_cost(step->callee, foreign, depth + 1, &body);
    grow(&cost->wait_ns, body.wait_ns, step->arg);
    grow(&cost->least_wait_ns, body.least_wait_ns, step->arg);
    grow(&cost->block_ns, body.block_ns, step->arg);
    cost->compute_units += (double)step->arg * body.compute_units;
    grow(&cost->steps, body.steps, step->arg);
    grow(&cost->fetches, body.fetches, step->arg);
    grow(&cost->updates, body.updates, step->arg);
    grow(&cost->take_bytes, body.take_bytes, step->arg);
    grow(&cost->reply_bytes, body.reply_bytes, step->arg);
    if (body.payload_most > cost->payload_most)
        cost->payload_most = body.payload_most;
    if (body.read_most > cost->read_most)
        cost->read_most = body.read_most;
    cost->direct |= body.direct;
    cost->timed_compute |= body.timed_compute;
    cost->kinds |= body.kinds;
    cost->check += (uint32_t)step->arg * body.check;
    cost->endless_io |= body.endless_io && step->arg > 0;
    if (body.depth > cost->depth)
        cost->depth = body.depth;
}

uint32_t program_payload_check(uint64_t bytes)
{
    return (uint32_t)(bytes + (bytes + PAGE_BYTES - 1) / PAGE_BYTES);
}

static void payload_cost(const struct step *step, struct program_cost *cost)
{
    grow(step->kind == STEP_TAKE ? &cost->take_bytes : &cost->reply_bytes, step->arg, 1);
    if (step->arg > cost->payload_most)
        cost->payload_most = step->arg;
    cost->check += program_payload_check(step->arg);
}

static void read_cost(const struct step *step, struct program_cost *cost)
{
    if (step->arg > cost->read_most)
        cost->read_most = step->arg;
    cost->direct |= step->direct;
    // Out of the page cache it is a copy in memory; how long a device takes nobody has said.
    cost->endless_io |= step->direct;
    cost->check += (uint32_t)step->arg;
}

static void step_cost(const struct step *step, bool foreign, unsigned depth, struct program_cost *cost)
{
    cost->kinds |= STEP_BIT(step->kind);
    if (step->kind == STEP_CALL) {
        call_cost(step, foreign, depth, cost);
        return;
    }
    grow(&cost->steps, 1, 1);
    if (step->kind == STEP_SLEEP) {
        grow(&cost->wait_ns, step->arg, 1);
        grow(&cost->least_wait_ns, step->arg, 1);
    } else if (step->kind == STEP_FETCH) {
        fetch_cost(step, foreign, cost);
    } else if (step->kind == STEP_COMPUTE) {
        cost->compute_units += (double)step->times * compute_calls((unsigned)step->arg);
        cost->check += (uint32_t)step->times * compute_expected((unsigned)step->arg);
        cost->timed_compute |= step->time_ns > 0;
    } else if (step->kind == STEP_BLOCK) {
        grow(&cost->block_ns, step->arg, 1);
    } else if (step->kind == STEP_READ) {
        read_cost(step, cost);
    } else if (step->kind == STEP_STORE || step->kind == STEP_ADD) {
        grow(&cost->updates, step->kind == STEP_ADD ? step->arg : 1, 1);
    } else if (step->kind == STEP_TAKE || step->kind == STEP_REPLY) {
        payload_cost(step, cost);
    }
}

static void add_cost(const struct program *program, bool foreign, unsigned depth, struct program_cost *cost)
{
    if (depth > cost->depth)
        cost->depth = depth;
    for (size_t i = 0; i < program->length; i++)
        step_cost(&program->steps[i], foreign, depth, cost);
}

void program_cost(const struct program *program, bool foreign, struct program_cost *ret_cost)
{
    struct program_cost cost = {0};

    add_cost(program, foreign, 1, &cost);
    *ret_cost = cost;
}

int program_resolve_urls(struct program *program, const char *origin, const char *url)
{
    for (size_t i = 0; i < program->length; i++) {
        struct step *step = &program->steps[i];

        if (step->kind == STEP_CALL) {
            int err = program_resolve_urls(step->callee, origin, url);

            if (err != 0)
                return err;
        }
        if (step->kind != STEP_FETCH)
            continue;
        free(step->url);
        step->url = NULL;
        if (url != NULL)
            step->url = strdup(url);
        else if (asprintf(&step->url, "%s%s", origin, step->path) < 0)
            step->url = NULL;
        if (step->url == NULL)
            return -ENOMEM;
    }
    return 0;
}

void program_calibrate(struct program *program, double unit_ns)
{
    for (size_t i = 0; i < program->length; i++) {
        struct step *step = &program->steps[i];

        if (step->kind == STEP_CALL)
            program_calibrate(step->callee, unit_ns);
        if (step->kind != STEP_COMPUTE || step->time_ns == 0)
            continue;
        step->arg = COMPUTE_UNIT_N;
        step->times = (uint64_t)fmax(1, round((double)step->time_ns / unit_ns));
    }
}

bool program_locks(const struct program *program)
{
    for (size_t i = 0; i < program->length; i++) {
        const struct step *step = &program->steps[i];

        if (step->kind == STEP_LOCK || (step->kind == STEP_CALL && program_locks(step->callee)))
            return true;
    }
    return false;
}

const char *step_kind_name(enum step_kind kind)
{
    static const char *const names[] = {
#define STEP_NAME(id, name, argument) #name,
        STEP_KINDS(STEP_NAME)
#undef STEP_NAME
    };

    return names[kind];
}

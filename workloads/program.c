// SPDX-License-Identifier: MIT
#include "workloads/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/compute.h"
#include "workloads/origin_path.h"

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
    steps[program->length] = (struct step){.kind = kind};
    return &steps[program->length++];
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

// A fetch's part of the cost. A user's URL has no stated delay, and what it answers is checked against the trial's first
// answer, not against a figure known beforehand.
static void fetch_cost(const struct step *step, bool foreign, struct program_cost *cost)
{
    struct origin_path path;

    cost->fetches++;
    if (foreign || origin_path_parse(step->path, strlen(step->path), &path) != 0) {
        cost->endless_io = true;
        return;
    }
    if (!path.has_delay)
        cost->endless_io = true;
    cost->wait_ns += (path.delay_low_ns + path.delay_high_ns) / 2;
    cost->least_wait_ns += path.delay_low_ns;
    cost->check += (uint32_t)path.bytes;
}

static void add_cost(const struct program *program, bool foreign, unsigned depth, struct program_cost *cost);

static void call_cost(const struct step *step, bool foreign, unsigned depth, struct program_cost *cost)
{
    struct program_cost body = {.depth = depth};

    // Once, then multiplied: repeat counts may be in the millions.
    add_cost(step->callee, foreign, depth + 1, &body);
    cost->wait_ns += step->arg * body.wait_ns;
    cost->least_wait_ns += step->arg * body.least_wait_ns;
    cost->block_ns += step->arg * body.block_ns;
    cost->compute_units += (double)step->arg * body.compute_units;
    cost->steps += step->arg * body.steps;
    cost->fetches += step->arg * body.fetches;
    cost->kinds |= body.kinds;
    cost->check += (uint32_t)step->arg * body.check;
    cost->endless_io |= body.endless_io && step->arg > 0;
    if (body.depth > cost->depth)
        cost->depth = body.depth;
}

static void step_cost(const struct step *step, bool foreign, unsigned depth, struct program_cost *cost)
{
    cost->kinds |= STEP_BIT(step->kind);
    if (step->kind == STEP_CALL) {
        call_cost(step, foreign, depth, cost);
        return;
    }
    cost->steps++;
    if (step->kind == STEP_SLEEP) {
        cost->wait_ns += step->arg;
        cost->least_wait_ns += step->arg;
    } else if (step->kind == STEP_FETCH) {
        fetch_cost(step, foreign, cost);
    } else if (step->kind == STEP_COMPUTE) {
        cost->compute_units += compute_calls((unsigned)step->arg);
        cost->check += compute_expected((unsigned)step->arg);
    } else if (step->kind == STEP_BLOCK) {
        cost->block_ns += step->arg;
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

const char *step_kind_name(enum step_kind kind)
{
    static const char *const names[] = {
#define STEP_NAME(id, name, argument) #name,
        STEP_KINDS(STEP_NAME)
#undef STEP_NAME
    };

    return names[kind];
}

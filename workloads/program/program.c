// SPDX-License-Identifier: MIT
#include "workloads/program/program.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/units.h"
#include "workloads/program/compute.h"

const struct step_row step_rows[] = {
#define STEP_ROW(id, name, value, least, most, options, cost, words) \
    {#name, VALUE_##value, least, most, options, words},
    STEP_KINDS(STEP_ROW)
#undef STEP_ROW
};

const struct step_option step_options[] = {
    {STEP_NOGIL, "nogil", false, offsetof(struct step, nogil), NULL, NULL, "", " without the interpreter's lock"},
    {STEP_TIMES, "times", true, offsetof(struct step, times), NULL, NULL, "", ""},
    {STEP_DIRECT, "direct", false, offsetof(struct step, direct), NULL, NULL, " of a file", " from the device"},
    {STEP_OBJECTS, "objects", false, offsetof(struct step, objects), NULL, NULL, "", " of objects"},
    {STEP_FRESH, "fresh", false, offsetof(struct step, fresh), NULL, NULL, "", " on a fresh connection"},
    {STEP_TLS, "tls", false, offsetof(struct step, tls), NULL, NULL, "", " over TLS"},
    {STEP_ON_FAILURE, "on_failure", false, offsetof(struct step, cancel), "wait", "cancel", "",
     ", all cancelled when one fails,"},
};

static void step_release(struct step *step)
{
    free(step->path);
    free(step->functions);
    free(step->url);
    for (uint64_t i = 0; i < step_callees(step); i++)
        program_release(&step->callee[i]);
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
    struct step *steps = program != NULL ? realloc(program->steps, (program->length + 1) * sizeof *steps) : NULL;

    if (steps == NULL)
        return NULL;
    program->steps = steps;
    steps[program->length] = (struct step){.kind = kind, .times = 1};
    return &steps[program->length++];
}

int program_add(struct program *program, enum step_kind kind, uint64_t arg)
{
    struct step *step = program_append(program, kind);

    if (step == NULL)
        return -ENOMEM;
    step->arg = arg;
    return 0;
}

int program_add_fetch(struct program *program, const char *path)
{
    struct step *step = program_append(program, STEP_FETCH);

    if (step != NULL)
        step->path = strdup(path);
    return step != NULL && step->path != NULL ? 0 : -ENOMEM;
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

// Appends a step with so many programs of its own, yet empty: them, or NULL.
static struct program *append_nesting(struct program *program, enum step_kind kind, uint64_t arg, uint64_t programs)
{
    struct program *callee = calloc(programs, sizeof *callee);
    struct step *step = callee != NULL ? program_append(program, kind) : NULL;

    if (step == NULL) {
        free(callee);
        return NULL;
    }
    step->arg = arg;
    step->callee = callee;
    return callee;
}

struct program *program_append_call(struct program *program, uint64_t times)
{
    return append_nesting(program, STEP_CALL, times, 1);
}

struct program *program_append_gather(struct program *program, uint64_t children)
{
    return append_nesting(program, STEP_GATHER, children, children);
}

struct task_class *task_mix_add(struct task_mix *mix, const char *name, uint32_t weight)
{
    struct task_class *classes = realloc(mix->classes, (mix->count + 1) * sizeof *classes);
    struct task_class class = {.name = strdup(name), .weight = weight};

    if (classes != NULL)
        mix->classes = classes;
    if (classes == NULL || class.name == NULL) {
        free(class.name);
        return NULL;
    }
    classes[mix->count] = class;
    return &classes[mix->count++];
}

static int resolve_url(struct step *step, const struct fetch_bases *bases)
{
    free(step->url);
    step->url = NULL;
    if (bases->url != NULL)
        step->url = strdup(bases->url);
    else if (asprintf(&step->url, "%s%s", step->tls ? bases->tls_origin : bases->origin, step->path) < 0)
        step->url = NULL;
    return step->url != NULL ? 0 : -ENOMEM;
}

int program_resolve_urls(struct program *program, const struct fetch_bases *bases)
{
    int err = 0;

    for (size_t i = 0; err == 0 && i < program->length; i++) {
        struct step *step = &program->steps[i];

        for (uint64_t j = 0; err == 0 && j < step_callees(step); j++)
            err = program_resolve_urls(&step->callee[j], bases);
        if (step->kind == STEP_FETCH)
            err = resolve_url(step, bases);
    }
    return err;
}

void program_calibrate(struct program *program, double unit_ns)
{
    for (size_t i = 0; i < program->length; i++) {
        struct step *step = &program->steps[i];

        for (uint64_t j = 0; j < step_callees(step); j++)
            program_calibrate(&step->callee[j], unit_ns);
        if (step->kind != STEP_COMPUTE || step->time_ns == 0)
            continue;
        step->arg = COMPUTE_UNIT_N;
        step->times = (uint64_t)fmax(1, round((double)step->time_ns / unit_ns));
    }
}

bool program_has(const struct program *program, uint32_t kinds)
{
    for (size_t i = 0; i < program->length; i++) {
        const struct step *step = &program->steps[i];

        if (STEP_BIT(step->kind) & kinds)
            return true;
        for (uint64_t j = 0; j < step_callees(step); j++) {
            if (program_has(&step->callee[j], kinds))
                return true;
        }
    }
    return false;
}

// SPDX-License-Identifier: MIT
#include "workloads/workload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/clock.h"
#include "registry.h"
#include "workloads/custom.h"

#define DECLARE(name) extern const struct workload_kind workload_##name;
CCBENCH_WORKLOADS(DECLARE)

#define ADDRESS(name) &workload_##name,
const struct workload_kind *const workload_kinds[] = {CCBENCH_WORKLOADS(ADDRESS) NULL};

const struct workload_kind *workload_find(const char *name, size_t length)
{
    for (const struct workload_kind *const *kind = workload_kinds; *kind != NULL; kind++) {
        if (strlen((*kind)->name) == length && memcmp((*kind)->name, name, length) == 0)
            return *kind;
    }
    return NULL;
}

int workload_make(const char *text, unsigned cores, struct workload *ret_workload, char error[WORKLOAD_ERROR])
{
    size_t length = strcspn(text, ":");
    const struct workload_kind *kind = workload_find(text, length);
    const char *argument = text[length] == ':' ? text + length + 1 : NULL;
    struct workload workload = {.kind = kind};
    int err;

    if (custom_named(text, strlen(text)))
        return custom_make(text, cores, ret_workload, error);
    if (kind == NULL)
        return -ENOENT;
    if (argument != NULL && kind->default_argument == NULL) {
        snprintf(error, WORKLOAD_ERROR, "%s takes no argument, given '%s'", kind->name, argument);
        return -EINVAL;
    }
    if (argument == NULL)
        argument = kind->default_argument;
    if (snprintf(workload.label, sizeof workload.label, "%s%s%s", kind->name, argument != NULL ? ":" : "",
                 argument != NULL ? argument : "") >= (int)sizeof workload.label) {
        snprintf(error, WORKLOAD_ERROR, "argument of %s is longer than %d characters", kind->name, WORKLOAD_LABEL);
        return -EINVAL;
    }
    err = kind->make(argument, cores, &workload, error);
    if (err != 0)
        task_mix_release(&workload.mix);
    else
        *ret_workload = workload;
    return err;
}

int workload_make_wait(struct workload *workload, enum step_kind kind, const char *argument, const char *verb,
                       char error[WORKLOAD_ERROR])
{
    const char *name = step_rows[kind].name;
    struct program program = {0};
    struct step *step;
    char text[UNITS_TEXT];
    uint64_t ns;

    if (units_parse_duration(argument, &ns) != 0 || ns > 3600 * NS_PER_S) {
        snprintf(error, WORKLOAD_ERROR, "'%s' is not how long to %s, expected a time up to 1h such as %s:10ms", argument, name, name);
        return -EINVAL;
    }
    step = program_append(&program, kind);
    if (step == NULL)
        return -ENOMEM;
    step->arg = ns;
    snprintf(workload->describe, sizeof workload->describe, "%s %s", verb, units_format_duration(text, (double)ns));
    return task_mix_single(&workload->mix, name, &program);
}

const char *workload_argument_parts(const char *argument, char separator, char ret_first[UNITS_TEXT])
{
    size_t length = strcspn(argument, (char[]){separator, '\0'});

    ret_first[0] = '\0';
    if (length < UNITS_TEXT)
        snprintf(ret_first, UNITS_TEXT, "%.*s", (int)length, argument);
    return argument[length] == separator ? argument + length + 1 : NULL;
}

void workload_release(struct workload *workload)
{
    task_mix_release(&workload->mix);
    free(workload->file);
    workload->file = NULL;
}

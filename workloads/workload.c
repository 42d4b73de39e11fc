// SPDX-License-Identifier: MIT
#include "workloads/workload.h"

#include <errno.h>
#include <stdarg.h>
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

// The kind named, with its argument, or the one that it has by default. 0, -ENOENT, or -EINVAL with `error`.
static int read_text(const char *text, struct workload *workload, const char **ret_argument, char error[WORKLOAD_ERROR])
{
    size_t length = strcspn(text, ":");
    const struct workload_kind *kind = workload_find(text, length);
    const char *argument = text[length] == ':' ? text + length + 1 : NULL;

    if (kind == NULL)
        return -ENOENT;
    if (argument != NULL && kind->default_argument == NULL)
        return workload_refuse(error, "%s takes no argument, given '%s'", kind->name, argument);
    if (argument == NULL)
        argument = kind->default_argument;
    if (snprintf(workload->label, sizeof workload->label, "%s%s%s", kind->name, argument != NULL ? ":" : "",
                 argument != NULL ? argument : "") >= (int)sizeof workload->label)
        return workload_refuse(error, "argument of %s is longer than %d characters", kind->name, WORKLOAD_LABEL);
    workload->kind = kind;
    *ret_argument = argument;
    return 0;
}

int workload_make(const char *text, unsigned cores, struct workload *ret_workload, char error[WORKLOAD_ERROR])
{
    struct workload workload = {.kind = NULL};
    const char *argument = NULL;
    int err;

    if (custom_named(text, strlen(text)))
        return custom_make(text, cores, ret_workload, error);
    err = read_text(text, &workload, &argument, error);
    if (err == 0)
        err = workload.kind->make(argument, cores, &workload, error);
    if (err != 0)
        task_mix_release(&workload.mix);
    else
        *ret_workload = workload;
    return err;
}

struct program *workload_program(struct workload *workload)
{
    struct task_class *class = task_mix_add(&workload->mix, workload->kind->name, 1);

    return class != NULL ? &class->program : NULL;
}

int workload_refuse(char error[WORKLOAD_ERROR], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(error, WORKLOAD_ERROR, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

int workload_make_wait(struct workload *workload, enum step_kind kind, const char *argument, const char *verb,
                       char error[WORKLOAD_ERROR])
{
    const char *name = step_rows[kind].name;
    char text[UNITS_TEXT];
    uint64_t ns;

    if (units_parse_duration(argument, &ns) != 0 || ns > 3600 * NS_PER_S)
        return workload_refuse(error, "'%s' is not how long to %s, expected a time up to 1h such as %s:10ms", argument,
                               name, name);
    snprintf(workload->describe, sizeof workload->describe, "%s %s", verb, units_format_duration(text, (double)ns));
    return program_add(workload_program(workload), kind, ns);
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

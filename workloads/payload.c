// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "workloads/workload.h"

#define TASKS 64
// What lanes hold, and what is moved in each direction, stay below this, however large a payload is.
#define MOST_BYTES (UINT64_C(1) << 30)

static int fill(struct program *program, uint64_t bytes, bool objects)
{
    static const enum step_kind kinds[] = {STEP_TAKE, STEP_REPLY};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct step *step = program_append(program, kinds[i]);

        if (step == NULL)
            return -ENOMEM;
        step->arg = bytes;
        step->objects = objects;
    }
    return 0;
}

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    char size[UNITS_TEXT], text[UNITS_TEXT];
    const char *what = workload_argument_parts(argument, ':', size);
    bool objects = what != NULL && strcmp(what, "objects") == 0;
    uint64_t bytes;

    if ((what != NULL && !objects) || units_parse_size(size, &bytes) != 0 || bytes > STEP_BYTES_MAX)
        return workload_refuse(error,
                               "'%s' is not how much to hand over, expected 0 to 1g such as payload:64k or "
                               "payload:64k:objects",
                               argument);
    workload->concurrency = 2 * cores;
    while (workload->concurrency > 1 && workload->concurrency * bytes > MOST_BYTES)
        workload->concurrency--;
    workload->tasks = TASKS;
    while (workload->tasks > 2 * workload->concurrency && workload->tasks * bytes > MOST_BYTES)
        workload->tasks--;
    snprintf(workload->describe, sizeof workload->describe, "is handed %s%s and hands as much back",
             units_format_bytes(text, (double)bytes), objects ? " of objects" : "");
    return fill(workload_program(workload), bytes, objects);
}

const struct workload_kind workload_payload = {
    .name = "payload",
    .group = "What concurrency costs",
    .summary = "each task is handed some bytes and hands as many back: what passing data costs",
    .about =
        "Each task is handed an argument of the given size and hands a result of the same size back, and whoever "
        "gets one looks at every page of it. What shares memory hands over a pointer, which costs the same for a "
        "byte and for a gigabyte. Processes must copy every byte through a pipe, there and back, so their time "
        "grows with the size: that is why large objects should not travel between processes, and why one keeps "
        "results small. Models in C serialise nothing. Python's Pool pickles: what it costs to pickle objects instead of bytes, "
        "payload:1m:objects shows, a nested structure that is about as long when it is pickled. There is no ideal time: "
        "a pointer costs nothing.",
    .example = "ccbench --model=threads,processes --workload=payload:0,1k,64k,1m,4m",
    .default_argument = "1m",
    .argument = ARGUMENT_SIZE,
    .make = make,
};

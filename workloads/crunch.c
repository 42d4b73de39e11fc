// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "workloads/workload.h"

#define TASKS 16
// What lanes hold, and what is moved in each direction, stay below this, however large a block is.
#define MOST_BYTES (UINT64_C(1) << 30)
#define DEFAULT_TIME "100ms"

// A large block, work on it for a time, and a block as large back.
static int fill(struct program *program, uint64_t bytes, const char *time)
{
    int err = program_add(program, STEP_TAKE, bytes);

    if (err == 0)
        err = program_append_compute(program, time);
    return err == 0 ? program_add(program, STEP_REPLY, bytes) : err;
}

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    char size[UNITS_TEXT], text[UNITS_TEXT], length[UNITS_TEXT];
    const char *time = workload_argument_parts(argument, ':', size);
    uint64_t bytes, ns;

    if (time == NULL)
        time = workload_argument_parts(argument, ',', size); // as mixed:10ms,27 has it
    if (time == NULL)
        time = DEFAULT_TIME;
    if (units_parse_size(size, &bytes) != 0 || bytes > STEP_BYTES_MAX || units_parse_duration(time, &ns) != 0 ||
        ns == 0 || ns > COMPUTE_TIME_MAX_NS)
        return workload_refuse(error,
                               "'%s' is not a size to hand over, up to 1g, and how long to compute, up to 1h, expected "
                               "such as crunch:16m:100ms or crunch:1m,16m,256m:1s",
                               argument);
    workload->concurrency = cores;
    while (workload->concurrency > 1 && workload->concurrency * bytes > MOST_BYTES)
        workload->concurrency--;
    workload->tasks = TASKS;
    while (workload->tasks > 2 * workload->concurrency && workload->tasks * bytes > MOST_BYTES)
        workload->tasks--;
    snprintf(workload->describe, sizeof workload->describe, "is handed %s, computes for %s, and hands as much back",
             units_format_bytes(text, (double)bytes), units_format_duration(length, (double)ns));
    return fill(workload_program(workload), bytes, time);
}

const struct workload_kind workload_crunch = {
    .name = "crunch",
    .group = "What concurrency costs",
    .summary = "each task is handed a large block, computes for a time, and hands as much back",
    .about =
        "Each task is handed a block of the given size, computes for the given time, and hands a block of the same size "
        "back: what one does who has several processes work on large data. Processes compute on several cores but must "
        "copy every byte there and back; threads hand over a pointer. It is said that even with giant blocks, for a full "
        "second of work, two processes take about half the time. From which size on that no longer holds a sweep over "
        "the size says: crunch:1m,16m,256m:1s. Compare with sequential, which copies nothing and has one core.",
    .example = "ccbench --model=sequential,processes --workload=crunch:1m,16m,128m:200ms",
    .default_argument = "16m:" DEFAULT_TIME,
    .argument = ARGUMENT_SIZE,
    .make = make,
};

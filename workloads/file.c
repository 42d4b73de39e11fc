// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "workloads/workload.h"

// Buffers of all lanes, and what all tasks read, stay below these, however large a read is.
#define LANES_BYTES (UINT64_C(256) << 20)
#define TASKS_BYTES (UINT64_C(1) << 30)

static uint64_t between(uint64_t least, uint64_t value, uint64_t most)
{
    return value < least ? least : value > most ? most : value;
}

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    struct step *step;
    char text[UNITS_TEXT];
    const char *how = workload_argument_parts(argument, ':', text);
    bool direct = how != NULL && strcmp(how, "direct") == 0;
    uint64_t bytes;

    if ((how != NULL && !direct) || units_parse_size(text, &bytes) != 0 || bytes < 1 || bytes > STEP_BYTES_MAX)
        return workload_refuse(
            error, "'%s' is not how much to read, expected up to 1g such as file:64k or file:64k:direct", argument);
    if (direct && bytes % STEP_DIRECT_BYTES != 0)
        return workload_refuse(
            error, "'%s' cannot be read past the page cache, expected a multiple of 4k such as file:64k:direct",
            argument);
    step = program_append(workload_program(workload), STEP_READ);
    if (step == NULL)
        return -ENOMEM;
    step->arg = bytes;
    step->direct = direct;
    workload->concurrency = (uint32_t)between(1, LANES_BYTES / bytes, 32);
    workload->tasks = (uint32_t)between(UINT64_C(2) * workload->concurrency, TASKS_BYTES / bytes, 1000);
    snprintf(workload->describe, sizeof workload->describe, "reads %s of a file %s",
             units_format_bytes(text, (double)bytes),
             direct ? "from the device, past the page cache" : "out of the page cache");
    return 0;
}

const struct workload_kind workload_file = {
    .name = "file",
    .group = "I/O-bound",
    .summary = "each task reads a piece of a file, out of the page cache or from the device",
    .about = "Each task reads a piece of a file: the other I/O, for the hard drive is I/O too. The file has just been "
             "written, so it lies in the page cache, the memory in which the kernel keeps what was lately read or "
             "written, and a read is a copy of memory that keeps a core busy and waits for nothing. With :direct each "
             "read goes past the page cache to the device, and does wait. For files there is no readiness to wait for, "
             "as there is for sockets; so an event loop hands each read to a small pool of threads, and often pays "
             "more for that than for the read. There is no ideal time: how long a device takes, nobody has said. The "
             "file is in TMPDIR, or else /var/tmp, and is never seen there.",
    .example = "ccbench --model=sequential,threads,eventloop,async --workload=file:64k,file:64k:direct",
    .default_argument = "64k",
    .argument = ARGUMENT_SIZE,
    .make = make,
};

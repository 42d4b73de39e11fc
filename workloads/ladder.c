// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "workloads/workload.h"

// So many reads of each kind, so that the slowest hundredth can be told, unless all together would be more than this.
#define READS 300
#define MOST_BYTES (UINT64_C(1) << 30)

static int add_fetch(struct task_mix *mix, const char *name, uint64_t bytes, bool tls)
{
    struct task_class *class = task_mix_add(mix, name, 1);
    char size[UNITS_TEXT], path[UNITS_TEXT + 8];
    int err;

    if (class == NULL)
        return -ENOMEM;
    snprintf(path, sizeof path, "/bytes/%s", units_write_size(size, bytes));
    err = program_add_fetch(&class->program, path);
    if (err == 0)
        class->program.steps[0].tls = tls;
    return err;
}

static int fill(struct task_mix *mix, uint64_t bytes, bool tls)
{
    static const struct rung {
        const char *name;
        enum step_kind kind;
        bool direct;
    } rungs[] = {{"memory", STEP_COPY, false}, {"page cache", STEP_READ, false}, {"device", STEP_READ, true}};
    int err;

    for (size_t i = 0; i < sizeof rungs / sizeof *rungs; i++) {
        struct task_class *class = task_mix_add(mix, rungs[i].name, 1);

        if (class == NULL || program_add(&class->program, rungs[i].kind, bytes) != 0)
            return -ENOMEM;
        class->program.steps[0].direct = rungs[i].direct;
    }
    err = add_fetch(mix, "loopback", bytes, false);
    return err == 0 && tls ? add_fetch(mix, "loopback with TLS", bytes, true) : err;
}

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    char size[UNITS_TEXT], text[UNITS_TEXT];
    const char *how = workload_argument_parts(argument, ':', size);
    bool tls = how != NULL && strcmp(how, "tls") == 0;
    uint32_t rungs = tls ? 5 : 4;
    uint64_t bytes, reads;

    if ((how != NULL && !tls) || units_parse_size(size, &bytes) != 0 || bytes == 0 || bytes > STEP_BYTES_MAX / 4 ||
        bytes % STEP_DIRECT_BYTES != 0)
        return workload_refuse(
            error,
            "'%s' is not how much to read at a time, expected a multiple of 4k up to 256m such as ladder:4k "
            "or ladder:4k:tls",
            argument);
    snprintf(workload->describe, sizeof workload->describe,
             "reads %s: out of memory, out of the page cache, from the device, or over the loopback%s",
             units_format_bytes(text, (double)bytes), tls ? ", with TLS or without" : "");
    workload->concurrency = 1; // else one would wait for the other's
    reads = MOST_BYTES / 4 / bytes;
    workload->tasks = rungs * (uint32_t)(reads < READS ? reads : READS);
    return fill(&workload->mix, bytes, tls);
}

const struct workload_kind workload_ladder = {
    .name = "ladder",
    .group = "I/O-bound",
    .summary = "reads of the same size out of memory, the page cache, the device, and over the loopback",
    .about =
        "Each task reads as much as every other, but from somewhere else: a quarter of them copies it in memory, a quarter "
        "reads it of a file that lies in the page cache, a quarter reads the file from the device, and a quarter fetches it "
        "over HTTP from the server that ccbench starts on the loopback. With :tls behind the size there is a fifth part that "
        "fetches it over TLS, on a connection that is kept open. One is in flight at a time, so that none waits for "
        "another. The part of the table by class has the latency of each: how much slower I/O is than memory, rung by rung, "
        "which is why a program that waits for it can do so much else meanwhile. A real network and a real server come on "
        "top of the last. Small reads show what asking costs, large ones what moving the bytes does: ladder:4k,64k,1m.",
    .example = "ccbench --model=sequential --workload=ladder:4k",
    .default_argument = "4k",
    .argument = ARGUMENT_SIZE,
    .make = make,
};

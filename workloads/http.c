// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/units.h"
#include "workloads/origin/path.h"
#include "workloads/workload.h"

// "10ms" → "/delay/10ms"; a path stays as it is.
static char *path_of(const char *argument)
{
    char *path = NULL;

    if (argument[0] == '/')
        return strdup(argument);
    return asprintf(&path, "/delay/%s", argument) < 0 ? NULL : path;
}

static void describe(const char *path, const struct origin_path *parsed, struct workload *workload)
{
    char delay[UNITS_TEXT], bytes[UNITS_TEXT];

    if (parsed->has_delay && parsed->delay_low_ns == parsed->delay_high_ns)
        snprintf(workload->describe, sizeof workload->describe, "fetches %s that come after %s",
                 units_format_bytes(bytes, (double)parsed->bytes),
                 units_format_duration(delay, (double)parsed->delay_low_ns));
    else
        snprintf(workload->describe, sizeof workload->describe, "fetches %s", path);
}

static int fill(const char *argument, const char *path, struct workload *workload, char error[WORKLOAD_ERROR])
{
    struct origin_path parsed;

    if (origin_path_parse(path, strlen(path), &parsed) != 0)
        return workload_refuse(
            error,
            "'%s' is not something the origin serves, expected a delay or a path such as http:10ms, http:/bytes/4k",
            argument);
    describe(path, &parsed, workload);
    workload->tasks = parsed.has_delay ? 64 : 1000;
    workload->concurrency = 32;
    return program_add_fetch(workload_program(workload), path);
}

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    char *path = path_of(argument);
    int err = path != NULL ? fill(argument, path, workload, error) : -ENOMEM;

    free(path);
    return err;
}

const struct workload_kind workload_http = {
    .name = "http",
    .group = "I/O-bound",
    .summary = "each task fetches a page over HTTP from a local server that answers after a delay",
    .about =
        "Each task fetches one page over HTTP/1.1 with libcurl, on a kept-open connection, from a server that "
        "ccbench starts beside it on the loopback. The server answers after the given delay, as a distant one would, so "
        "the task mostly waits. http:10ms is short for http:/delay/10ms; http:/bytes/4k answers at once with 4 KiB; "
        "/delay/10ms~50ms, /status/503 and /reset exist too. With --url the page is fetched from a server of yours.",
    .example = "ccbench --workload=http:10ms --tasks=1000 --concurrency=100",
    .default_argument = "10ms",
    .argument = ARGUMENT_DURATION,
    .make = make,
};

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

// What may stand behind it, in any order.
struct manner {
    bool fresh, tls;
};

// Takes the words off the end of the argument. A path has no colon.
static struct manner cut_manner(char *argument)
{
    struct manner manner = {.fresh = false};
    char *word;

    while ((word = strrchr(argument, ':')) != NULL) {
        bool *asked = strcmp(word, ":fresh") == 0 ? &manner.fresh : strcmp(word, ":tls") == 0 ? &manner.tls : NULL;

        if (asked == NULL || *asked)
            break;
        *asked = true;
        *word = '\0';
    }
    return manner;
}

static void describe(const struct step *step, const struct origin_path *parsed, struct workload *workload)
{
    char delay[UNITS_TEXT], bytes[UNITS_TEXT];
    const char *fresh = step->fresh ? " on a fresh connection" : "", *tls = step->tls ? " over TLS" : "";

    if (parsed->has_delay && parsed->delay_low_ns == parsed->delay_high_ns)
        snprintf(workload->describe, sizeof workload->describe, "fetches %s that come after %s%s%s",
                 units_format_bytes(bytes, (double)parsed->bytes),
                 units_format_duration(delay, (double)parsed->delay_low_ns), fresh, tls);
    else
        snprintf(workload->describe, sizeof workload->describe, "fetches %s%s%s", step->path, fresh, tls);
}

static int fill(const char *argument, const char *path, struct manner manner, struct workload *workload,
                char error[WORKLOAD_ERROR])
{
    struct program *program = workload_program(workload);
    struct origin_path parsed;
    struct step *step;

    if (origin_path_parse(path, strlen(path), &parsed) != 0)
        return workload_refuse(
            error,
            "'%s' is not something the origin serves, expected a delay or a path such as http:10ms, http:/bytes/4k, "
            "with :fresh or :tls behind it or not",
            argument);
    if (program_add_fetch(program, path) != 0)
        return -ENOMEM;
    step = &program->steps[program->length - 1];
    step->fresh = manner.fresh;
    step->tls = manner.tls;
    describe(step, &parsed, workload);
    workload->tasks = parsed.has_delay ? 64 : 1000;
    workload->concurrency = 32;
    return 0;
}

static int make(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR])
{
    char *what = strdup(argument), *path;
    struct manner manner;
    int err = -ENOMEM;

    if (what == NULL)
        return err;
    manner = cut_manner(what);
    path = path_of(what);
    if (path != NULL)
        err = fill(argument, path, manner, workload, error);
    free(path);
    free(what);
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
        "/delay/10ms~50ms, /status/503 and /reset exist too. With :fresh behind it each task makes a connection of its own "
        "and closes it, as a program does that calls requests.get() each time; with :tls the page comes over TLS, whose "
        "certificate is made for the run and verified; with :fresh:tls each task has a handshake of its own. With --url "
        "the page is fetched from a server of yours.",
    .example = "ccbench --workload=http:10ms,http:10ms:fresh",
    .default_argument = "10ms",
    .argument = ARGUMENT_DURATION,
    .make = make,
};

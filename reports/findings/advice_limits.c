// SPDX-License-Identifier: MIT
#include "reports/findings/advice_topics.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>

#include "measure/base/units.h"
#include "reports/document/fields.h"

// What a process has open, and how many others run, beside the lanes.
#define SPARE 100
// More than the kernel gives out to clients by default; below are the ports of servers.
#define MOST_PORTS 64512

// A limit, how many of it a lane takes, and the command that raises it but for the number at its end.
struct limit {
    const char *name, *path;
    double each;
    const char *mend;
};

static const struct limit task_limits[] = {
    {"nproc", "environment.limits.nproc.hard", 1, "sudo prlimit --pid $$ --nproc="},
    {"the cgroup's pids.max", "environment.limits.cgroup_pids_max", 1,
     "sudo systemctl set-property --runtime user-$(id -u).slice TasksMax="},
    {"pid_max", "environment.limits.pid_max", 1, "sudo sysctl kernel.pid_max="},
    {"threads-max", "environment.limits.threads_max", 1, "sudo sysctl kernel.threads-max="},
    // A thread's stack is two mappings: the stack and its guard. Processes have mappings of their own.
    {"max_map_count", "environment.limits.max_map_count", 2, "sudo sysctl vm.max_map_count="},
};

enum { TASK_LIMITS = sizeof task_limits / sizeof *task_limits, PROCESS_LIMITS = TASK_LIMITS - 1 };

// How many lanes a limit allows; infinite where it is not set.
static double allowed_by(const cJSON *document, const struct limit *limit)
{
    double value = field_number(document, limit->path);

    return isnan(value) ? INFINITY : floor(fmax(0, value / limit->each - SPARE));
}

// The one that allows the fewest lanes.
static const struct limit *tightest_of(const cJSON *document, const struct limit *limits, int count)
{
    const struct limit *tightest = &limits[0];

    for (int i = 1; i < count; i++)
        if (allowed_by(document, &limits[i]) < allowed_by(document, tightest))
            tightest = &limits[i];
    return tightest;
}

static void advise_on(const cJSON *document, const struct limit *limits, int count, const char *what,
                      struct advice *advice)
{
    const struct limit *tightest = tightest_of(document, limits, count);
    double lanes = field_number(document, "lanes"), most = allowed_by(document, tightest);
    char text[UNITS_TEXT], mend[sizeof advice->mend];

    if (field(document, "environment.limits") == NULL || isnan(lanes)) {
        advise_unknown(advice);
        return;
    }
    if (isinf(most)) {
        advise(advice, FINE, NULL, "no limit");
        return;
    }
    units_format_count(text, (uint64_t)most);
    // Twice as many, so that there is room.
    snprintf(mend, sizeof mend, "%s%.0f", tightest->mend, 2 * tightest->each * (lanes + SPARE));
    if (most >= lanes)
        advise(advice, FINE, NULL, "up to %s", text);
    else
        advise(advice, LIMITS, mend, "%s stop at about %s: %s", what, text, tightest->name);
}

void advise_on_threads(const cJSON *document, struct advice *advice)
{
    advise_on(document, task_limits, TASK_LIMITS, "threads", advice);
}

void advise_on_processes(const cJSON *document, struct advice *advice)
{
    advise_on(document, task_limits, PROCESS_LIMITS, "processes", advice);
}

void advise_on_descriptors(const cJSON *document, struct advice *advice)
{
    static const struct limit limit = {"nofile", "environment.limits.nofile.hard", 1,
                                       "sudo prlimit --pid $$ --nofile="};

    advise_on(document, &limit, 1, "connections", advice);
}

void advise_on_ports(const cJSON *document, struct advice *advice)
{
    static const char mend[] = "sudo sysctl net.ipv4.ip_local_port_range='1024 65535'";
    double ports = field_number(document, "environment.limits.local_ports"), lanes = field_number(document, "lanes");
    char text[UNITS_TEXT];

    if (isnan(ports) || isnan(lanes)) {
        advise_unknown(advice);
        return;
    }
    units_format_count(text, (uint64_t)ports);
    if (ports >= lanes + SPARE)
        advise(advice, FINE, NULL, "%s", text);
    else
        advise(advice, LIMITS, ports < MOST_PORTS ? mend : NULL,
               "connections to one server stop at %s: the ports a client may use", text);
}

// SPDX-License-Identifier: MIT
#include "measure/machine/others.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/base/procfs.h"

// "cpu0 user nice system idle iowait irq softirq steal …"
static void add_cpu(const struct cpus *cpus, const char *line, struct others *others)
{
    enum { FIELDS = 8, IDLE = 3, IOWAIT = 4 };
    char *end;
    unsigned long cpu = strtoul(line + strlen("cpu"), &end, 10);
    const char *text = end;

    if (cpu >= CPUS_MOST || !cpus_have(cpus, (unsigned)cpu))
        return;
    for (int field = 0; field < FIELDS; field++, text = end) {
        uint64_t ticks = strtoull(text, &end, 10);

        if (end == text)
            break;
        others->all_ticks += ticks;
        if (field != IDLE && field != IOWAIT)
            others->busy_ticks += ticks;
    }
}

static void read_ticks(const struct cpus *cpus, struct others *others)
{
    const char *root = getenv("CCBENCH_ROOT");
    char *text = procfs_text("%s/proc/stat", root != NULL ? root : "");

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "cpu", 3) == 0 && line[3] >= '0' && line[3] <= '9')
            add_cpu(cpus, line, others);
    }
    free(text);
}

static uint64_t used_ns(int who)
{
    struct rusage usage;

    if (getrusage(who, &usage) != 0)
        return 0;
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * NS_PER_S +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * NS_PER_US;
}

void others_read(const struct cpus *cpus, uint64_t more_ns, struct others *ret_others)
{
    struct others others = {.own_ns = used_ns(RUSAGE_SELF) + used_ns(RUSAGE_CHILDREN) + more_ns};

    read_ticks(cpus, &others);
    *ret_others = others;
}

double others_share(const struct others *before, const struct others *after)
{
    double tick_ns = (double)NS_PER_S / (double)sysconf(_SC_CLK_TCK), busy, own;

    // Some kernels let these counters step back a little.
    if (before->all_ticks == 0 || after->all_ticks <= before->all_ticks)
        return -1;
    busy = after->busy_ticks > before->busy_ticks ? (double)(after->busy_ticks - before->busy_ticks) : 0;
    own = after->own_ns > before->own_ns ? (double)(after->own_ns - before->own_ns) / tick_ns : 0;
    return busy > own ? (busy - own) / (double)(after->all_ticks - before->all_ticks) : 0;
}

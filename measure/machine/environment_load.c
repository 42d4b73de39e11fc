// SPDX-License-Identifier: MIT
// What others leave of the machine between two moments: time stolen by the hypervisor, time waited for a CPU.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/clock.h"
#include "measure/base/procfs.h"
#include "measure/machine/cgroup.h"
#include "measure/machine/environment_internal.h"

double environment_quota_cores(void)
{
    return cgroup_quota_cores("");
}

// "cpu  user nice system idle iowait irq softirq steal guest guest_nice": guest time is contained in user's.
static void read_ticks(const char *root, struct environment_ticks *ticks)
{
    enum { FIELDS = 8, IDLE = 3, IOWAIT = 4, STEAL = 7 };
    char *line = procfs_line("%s/proc/stat", root), *text, *end;

    if (line != NULL && strncmp(line, "cpu ", 4) == 0) {
        text = line + 4;
        for (int field = 0; field < FIELDS; field++, text = end) {
            uint64_t value = strtoull(text, &end, 10);

            if (end == text)
                break;
            ticks->all += value;
            if (field == IDLE || field == IOWAIT)
                ticks->idle += value;
            if (field == STEAL)
                ticks->steal = value;
        }
    }
    free(line);
}

uint64_t environment_pressure_us(const char *root, const char *resource)
{
    char *line = procfs_line("%s/proc/pressure/%s", root, resource);
    const char *total = line != NULL ? strstr(line, "total=") : NULL;
    uint64_t pressure_us = UINT64_MAX;

    if (total != NULL)
        pressure_us = strtoull(total + strlen("total="), NULL, 10);
    free(line);
    return pressure_us;
}

void environment_ticks_read_at(const char *root, struct environment_ticks *ret_ticks)
{
    struct environment_ticks ticks = {0};

    read_ticks(root, &ticks);
    ticks.pressure_us = environment_pressure_us(root, "cpu");
    ticks.now_ns = clock_now_ns();
    *ret_ticks = ticks;
}

void environment_ticks_read(struct environment_ticks *ret_ticks)
{
    const char *root = getenv("CCBENCH_ROOT");

    environment_ticks_read_at(root != NULL ? root : "", ret_ticks);
}

double environment_steal_share(const struct environment_ticks *before, const struct environment_ticks *after)
{
    // Some kernels let these counters step back a little.
    if (after->all <= before->all || after->steal <= before->steal)
        return 0;
    return (double)(after->steal - before->steal) / (double)(after->all - before->all);
}

double environment_busy_share(const struct environment_ticks *before, const struct environment_ticks *after)
{
    uint64_t idle = after->idle > before->idle ? after->idle - before->idle : 0;

    if (after->all <= before->all)
        return -1;
    return idle < after->all - before->all ? 1 - (double)idle / (double)(after->all - before->all) : 0;
}

double environment_waited_share(uint64_t before_us, uint64_t after_us, uint64_t span_ns)
{
    double share;

    if (before_us == UINT64_MAX || after_us == UINT64_MAX || span_ns == 0)
        return -1;
    if (after_us <= before_us)
        return 0;
    share = (double)(after_us - before_us) * (double)NS_PER_US / (double)span_ns;
    return share < 1 ? share : 1;
}

double environment_pressure_share(const struct environment_ticks *before, const struct environment_ticks *after)
{
    uint64_t span_ns = after->now_ns > before->now_ns ? after->now_ns - before->now_ns : 0;

    return environment_waited_share(before->pressure_us, after->pressure_us, span_ns);
}

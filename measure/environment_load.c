// SPDX-License-Identifier: MIT
// What others leave of the machine: the quota of the cgroups, time stolen by the hypervisor, pressure.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/clock.h"
#include "measure/environment_internal.h"
#include "measure/procfs.h"

static double smaller_quota(double a, double b)
{
    if (a <= 0 || b <= 0)
        return a > b ? a : b;
    return a < b ? a : b;
}

// "150000 100000", "max 100000".
static double quota_v2(const char *dir)
{
    char *line = procfs_line("%s/cpu.max", dir);
    const char *period_text = line != NULL ? strchr(line, ' ') : NULL;
    double quota_us, period_us, cores = 0;

    if (period_text != NULL && procfs_decimal(line, &quota_us) && procfs_decimal(period_text + 1, &period_us) &&
        period_us > 0)
        cores = quota_us / period_us;
    free(line);
    return cores;
}

// A quota of -1 is none, and no number to procfs_number.
static double quota_v1(const char *dir)
{
    uint64_t quota_us, period_us;

    if (!procfs_number(&quota_us, "%s/cpu.cfs_quota_us", dir) ||
        !procfs_number(&period_us, "%s/cpu.cfs_period_us", dir) || period_us == 0)
        return 0;
    return (double)quota_us / (double)period_us;
}

// The smallest quota of the cgroup `path` below `mount` and its ancestors, the mount's own included: in a container
// without a cgroup namespace the path is the host's, and only the mount's top is there to be read.
static double smallest_quota(const char *mount, const char *path, double (*quota_of)(const char *dir))
{
    char dir[4096];
    size_t top = strlen(mount);
    double smallest = 0;
    int length = snprintf(dir, sizeof(dir), "%s%s", mount, strcmp(path, "/") == 0 ? "" : path);

    if (length < 0 || (size_t)length >= sizeof(dir))
        return 0;
    for (;;) {
        char *slash = strrchr(dir, '/');

        smallest = smaller_quota(smallest, quota_of(dir));
        if (slash == NULL || strlen(dir) <= top)
            return smallest;
        *slash = '\0';
    }
}

static bool lists_cpu(const char *controllers)
{
    size_t length;

    for (; *controllers != '\0'; controllers += length + (controllers[length] == ',')) {
        length = strcspn(controllers, ",");
        if (length == 3 && strncmp(controllers, "cpu", 3) == 0)
            return true;
    }
    return false;
}

// One line of /proc/self/cgroup: "0::/a/b" for v2, "3:cpu,cpuacct:/a/b" for v1.
static double quota_of_line(const char *root, char *line)
{
    char *controllers = strchr(line, ':'), *path;
    char mount[4096];

    path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    if (path == NULL)
        return 0;
    controllers++;
    *path++ = '\0';
    if (*controllers == '\0') {
        snprintf(mount, sizeof(mount), "%s/sys/fs/cgroup", root);
        return smallest_quota(mount, path, quota_v2);
    }
    if (!lists_cpu(controllers))
        return 0;
    snprintf(mount, sizeof(mount), "%s/sys/fs/cgroup/cpu", root); // a symbolic link where cpuacct is mounted along
    return smallest_quota(mount, path, quota_v1);
}

double environment_quota_cores_at(const char *root)
{
    char *text, *rest = NULL;
    double smallest = 0;

    if (procfs_read(&text, "%s/proc/self/cgroup", root) < 0)
        return 0;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        smallest = smaller_quota(smallest, quota_of_line(root, line));
    free(text);
    return smallest;
}

double environment_quota_cores(void)
{
    return environment_quota_cores_at("");
}

// "cpu  user nice system idle iowait irq softirq steal guest guest_nice": guest time is contained in user's.
static void read_ticks(const char *root, struct environment_ticks *ticks)
{
    enum { FIELDS = 8, STEAL = 7 };
    char *line = procfs_line("%s/proc/stat", root), *text, *end;

    if (line != NULL && strncmp(line, "cpu ", 4) == 0) {
        text = line + 4;
        for (int field = 0; field < FIELDS; field++, text = end) {
            uint64_t value = strtoull(text, &end, 10);

            if (end == text)
                break;
            ticks->all += value;
            if (field == STEAL)
                ticks->steal = value;
        }
    }
    free(line);
}

static uint64_t read_pressure(const char *root)
{
    char *line = procfs_line("%s/proc/pressure/cpu", root);
    const char *total = line != NULL ? strstr(line, "total=") : NULL;
    uint64_t pressure_us = UINT64_MAX;

    if (total != NULL)
        pressure_us = strtoull(total + strlen("total="), NULL, 10);
    free(line);
    return pressure_us;
}

void environment_ticks_read_at(const char *root, struct environment_ticks *ret_ticks)
{
    struct environment_ticks ticks = { 0 };

    read_ticks(root, &ticks);
    ticks.pressure_us = read_pressure(root);
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

double environment_pressure_share(const struct environment_ticks *before, const struct environment_ticks *after)
{
    double waited_ns, share;

    if (before->pressure_us == UINT64_MAX || after->pressure_us == UINT64_MAX || after->now_ns <= before->now_ns)
        return -1;
    if (after->pressure_us <= before->pressure_us)
        return 0;
    waited_ns = (double)(after->pressure_us - before->pressure_us) * (double)NS_PER_US;
    share = waited_ns / (double)(after->now_ns - before->now_ns);
    return share < 1 ? share : 1;
}

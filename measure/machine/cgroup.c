// SPDX-License-Identifier: MIT
#include "measure/machine/cgroup.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/clock.h"
#include "measure/base/procfs.h"

// One figure of a cgroup: how a level tells it, and what several levels come to.
struct figure {
    const char *controller; // of v1, where each has a mount of its own
    double (*v2)(const char *dir), (*v1)(const char *dir);
    double (*both)(double a, double b);
};

static double smaller_limit(double a, double b)
{
    if (a <= 0 || b <= 0)
        return a > b ? a : b;
    return a < b ? a : b;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
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

// A line "throttled_usec 1234" of cpu.stat; negative where there is none.
static double of_cpu_stat(const char *dir, const char *name, double unit_ns)
{
    char *text = procfs_text("%s/cpu.stat", dir);
    const char *line = text != NULL ? strstr(text, name) : NULL;
    double value = -1;

    if (line != NULL && procfs_decimal(line + strlen(name), &value))
        value *= unit_ns;
    free(text);
    return value;
}

static double throttled_v2(const char *dir)
{
    return of_cpu_stat(dir, "throttled_usec ", (double)NS_PER_US);
}

static double throttled_v1(const char *dir)
{
    return of_cpu_stat(dir, "throttled_time ", 1);
}

// "max" is no number.
static double pids_max(const char *dir)
{
    uint64_t count;

    return procfs_number(&count, "%s/pids.max", dir) ? (double)count : 0;
}

static const struct figure quota = {"cpu", quota_v2, quota_v1, smaller_limit};
static const struct figure throttled = {"cpu", throttled_v2, throttled_v1, larger};
static const struct figure pids = {"pids", pids_max, pids_max, smaller_limit};

// Of the cgroup `path` below `mount` and all above it, the mount's own included.
static double of_levels(const char *mount, const char *path, const struct figure *figure,
                        double (*of_level)(const char *dir), double none)
{
    char dir[4096];
    size_t top = strlen(mount);
    double value = none;
    int length = snprintf(dir, sizeof dir, "%s%s", mount, strcmp(path, "/") == 0 ? "" : path);

    if (length < 0 || (size_t)length >= sizeof dir)
        return none;
    for (;;) {
        char *slash = strrchr(dir, '/');

        value = figure->both(value, of_level(dir));
        if (slash == NULL || strlen(dir) <= top)
            return value;
        *slash = '\0';
    }
}

static bool lists(const char *controllers, const char *wanted)
{
    size_t length;

    for (; *controllers != '\0'; controllers += length + (controllers[length] == ',')) {
        length = strcspn(controllers, ",");
        if (length == strlen(wanted) && strncmp(controllers, wanted, length) == 0)
            return true;
    }
    return false;
}

// One line of /proc/self/cgroup: "0::/a/b" for v2, "3:cpu,cpuacct:/a/b" for v1.
static double of_line(const char *root, char *line, const struct figure *figure, double none)
{
    char *controllers = strchr(line, ':'), *path;
    char mount[4096];

    path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    if (path == NULL)
        return none;
    controllers++;
    *path++ = '\0';
    if (*controllers == '\0') {
        snprintf(mount, sizeof mount, "%s/sys/fs/cgroup", root);
        return of_levels(mount, path, figure, figure->v2, none);
    }
    if (!lists(controllers, figure->controller))
        return none;
    // Of "cpu,cpuacct" each name is a symbolic link.
    snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/%s", root, figure->controller);
    return of_levels(mount, path, figure, figure->v1, none);
}

static double of_process(const char *root, const struct figure *figure, double none)
{
    char *text = procfs_text("%s/proc/self/cgroup", root), *rest = NULL;
    double value = none;

    if (text == NULL)
        return none;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        value = figure->both(value, of_line(root, line, figure, none));
    free(text);
    return value;
}

double cgroup_quota_cores(const char *root)
{
    return of_process(root, &quota, 0);
}

double cgroup_throttled_ns(const char *root)
{
    return of_process(root, &throttled, -1);
}

double cgroup_pids_max(const char *root)
{
    return of_process(root, &pids, 0);
}

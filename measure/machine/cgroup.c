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
    const char *v2_file, *v1_file; // that sets it
};

// What the levels looked at so far come to.
struct finding {
    double value;
    char file[CGROUP_PATH]; // of the level that decides
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

// A line "throttled_usec 1234" of a file such as cpu.stat; negative where there is none.
static double of_line(const char *dir, const char *file, const char *name, double unit)
{
    char *text = procfs_text("%s/%s", dir, file);
    const char *line = text != NULL ? strstr(text, name) : NULL;
    double value = -1;

    if (line != NULL && procfs_decimal(line + strlen(name), &value))
        value *= unit;
    free(text);
    return value;
}

static double throttled_v2(const char *dir)
{
    return of_line(dir, "cpu.stat", "throttled_usec ", (double)NS_PER_US);
}

static double throttled_v1(const char *dir)
{
    return of_line(dir, "cpu.stat", "throttled_time ", 1);
}

// "max" is no number.
static double pids_max(const char *dir)
{
    uint64_t count;

    return procfs_number(&count, "%s/pids.max", dir) ? (double)count : 0;
}

// One more than are left, since 0 is no limit.
static double pids_left(const char *dir)
{
    double max = pids_max(dir);
    uint64_t count;

    if (max <= 0 || !procfs_number(&count, "%s/pids.current", dir))
        return 0;
    return max > (double)count ? max - (double)count + 1 : 1;
}

static double periods_of(const char *dir)
{
    return of_line(dir, "cpu.stat", "nr_periods ", 1);
}

static double throttled_periods_of(const char *dir)
{
    return of_line(dir, "cpu.stat", "nr_throttled ", 1);
}

// "max" is no number, and in v1 no limit is the largest one.
static double memory_limit(const char *dir, const char *file)
{
    uint64_t bytes;

    return procfs_number(&bytes, "%s/%s", dir, file) && bytes < UINT64_C(1) << 62 ? (double)bytes : 0;
}

static double memory_v2(const char *dir)
{
    return memory_limit(dir, "memory.max");
}

static double memory_v1(const char *dir)
{
    return memory_limit(dir, "memory.limit_in_bytes");
}

static double kills_v2(const char *dir)
{
    return of_line(dir, "memory.events", "oom_kill ", 1);
}

static double kills_v1(const char *dir)
{
    return of_line(dir, "memory.oom_control", "oom_kill ", 1);
}

// Of what each level counts for itself.
static double sum(double a, double b)
{
    return a + (b > 0 ? b : 0);
}

static const struct figure quota = {"cpu", quota_v2, quota_v1, smaller_limit, "cpu.max", "cpu.cfs_quota_us"};
static const struct figure throttled = {"cpu", throttled_v2, throttled_v1, larger, "cpu.stat", "cpu.stat"};
static const struct figure pids = {"pids", pids_max, pids_max, smaller_limit, "pids.max", "pids.max"};
static const struct figure room = {"pids", pids_left, pids_left, smaller_limit, "pids.max", "pids.max"};
static const struct figure periods = {"cpu", periods_of, periods_of, sum, "cpu.stat", "cpu.stat"};
static const struct figure throttled_periods = {"cpu", throttled_periods_of, throttled_periods_of,
                                                sum,   "cpu.stat",           "cpu.stat"};
static const struct figure memory = {"memory",      memory_v2,    memory_v1,
                                     smaller_limit, "memory.max", "memory.limit_in_bytes"};
static const struct figure kills = {"memory", kills_v2, kills_v1, sum, "memory.events", "memory.oom_control"};

// One level, which decides where it makes a difference.
static void add_level(struct finding *finding, const struct figure *figure, const char *dir, bool v2)
{
    double value = figure->both(finding->value, v2 ? figure->v2(dir) : figure->v1(dir));

    if (value == finding->value)
        return;
    finding->value = value;
    if (snprintf(finding->file, sizeof finding->file, "%s/%s", dir, v2 ? figure->v2_file : figure->v1_file) < 0)
        finding->file[0] = '\0';
}

// The cgroup `path` below `mount` and all above it, the mount's own included. Seen from a namespace that it is outside of,
// a path begins with "/..": then only the mount's own can be read.
static void add_levels(struct finding *finding, const struct figure *figure, const char *mount, const char *path,
                       bool v2)
{
    char dir[CGROUP_PATH - 32];
    size_t top = strlen(mount);
    bool none = strcmp(path, "/") == 0 || strncmp(path, "/..", 3) == 0;
    int length = snprintf(dir, sizeof dir, "%s%s", mount, none ? "" : path);

    if (length < 0 || (size_t)length >= sizeof dir)
        return;
    for (;;) {
        char *slash = strrchr(dir, '/');

        add_level(finding, figure, dir, v2);
        if (slash == NULL || strlen(dir) <= top)
            return;
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

// Where v2 is mounted: beside the controllers of v1 it has a folder of its own.
static void write_v2_mount(const char *root, char mount[CGROUP_PATH / 2])
{
    char *controllers = procfs_text("%s/sys/fs/cgroup/unified/cgroup.controllers", root);

    snprintf(mount, CGROUP_PATH / 2, "%s/sys/fs/cgroup%s", root, controllers != NULL ? "/unified" : "");
    free(controllers);
}

// One line of /proc/self/cgroup: "0::/a/b" for v2, "3:cpu,cpuacct:/a/b" for v1.
static void add_line(struct finding *finding, const struct figure *figure, const char *root, char *line)
{
    char *controllers = strchr(line, ':'), *path;
    char mount[CGROUP_PATH / 2];

    path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    if (path == NULL)
        return;
    controllers++;
    *path++ = '\0';
    if (*controllers == '\0') {
        write_v2_mount(root, mount);
        add_levels(finding, figure, mount, path, true);
    } else if (lists(controllers, figure->controller)) {
        // Of "cpu,cpuacct" each name is a symbolic link.
        snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/%s", root, figure->controller);
        add_levels(finding, figure, mount, path, false);
    }
}

static void find(struct finding *finding, const struct figure *figure, const char *root, double none)
{
    char *text = procfs_text("%s/proc/self/cgroup", root), *rest = NULL;

    *finding = (struct finding){.value = none};
    if (text == NULL)
        return;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        add_line(finding, figure, root, line);
    free(text);
}

static double value_of(const struct figure *figure, const char *root, double none)
{
    struct finding finding;

    find(&finding, figure, root, none);
    return finding.value;
}

double cgroup_quota_cores(const char *root)
{
    return value_of(&quota, root, 0);
}

static char *file_of(const struct figure *figure, const char *root, char buf[CGROUP_PATH])
{
    struct finding finding;

    find(&finding, figure, root, 0);
    snprintf(buf, CGROUP_PATH, "%s", finding.file[0] != '\0' ? finding.file + strlen(root) : "");
    return buf;
}

char *cgroup_quota_file(const char *root, char buf[CGROUP_PATH])
{
    return file_of(&quota, root, buf);
}

double cgroup_throttled_ns(const char *root)
{
    return value_of(&throttled, root, -1);
}

struct cgroup_periods cgroup_periods(const char *root)
{
    return (struct cgroup_periods){value_of(&periods, root, 0), value_of(&throttled_periods, root, 0)};
}

double cgroup_pids_max(const char *root)
{
    return value_of(&pids, root, 0);
}

double cgroup_pids_left(const char *root)
{
    return value_of(&room, root, 0) - 1;
}

double cgroup_memory_max(const char *root)
{
    return value_of(&memory, root, 0);
}

char *cgroup_memory_file(const char *root, char buf[CGROUP_PATH])
{
    return file_of(&memory, root, buf);
}

double cgroup_memory_kills(const char *root)
{
    return value_of(&kills, root, 0);
}

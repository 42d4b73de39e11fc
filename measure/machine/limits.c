// SPDX-License-Identifier: MIT
#include "measure/machine/limits.h"

#include <stdio.h>
#include <sys/resource.h>

#include "measure/base/procfs.h"
#include "measure/machine/cgroup.h"

static uint64_t system_limit(const char *path)
{
    uint64_t number;

    return procfs_number(&number, "/proc/sys/%s", path) ? number : UINT64_MAX;
}

static uint64_t soft_limit(int resource)
{
    struct rlimit limit;

    if (getrlimit((__rlimit_resource_t)resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return UINT64_MAX;
    return limit.rlim_cur;
}

// systemd sets one on every session.
static uint64_t pids_max(void)
{
    double max = cgroup_pids_max("");

    return max > 0 ? (uint64_t)max : UINT64_MAX;
}

struct candidate {
    const char *name;
    uint64_t value;
};

static char *tightest(const struct candidate *candidates, size_t count, char buf[LIMIT_TEXT])
{
    const struct candidate *least = &candidates[0];

    for (size_t i = 1; i < count; i++) {
        if (candidates[i].value < least->value)
            least = &candidates[i];
    }
    if (least->value == UINT64_MAX)
        snprintf(buf, LIMIT_TEXT, "no limit known");
    else
        snprintf(buf, LIMIT_TEXT, "%s %llu", least->name, (unsigned long long)least->value);
    return buf;
}

static char *limit_of_tasks(uint64_t mappings, char buf[LIMIT_TEXT])
{
    const struct candidate candidates[] = {
        {"nproc", soft_limit(RLIMIT_NPROC)},
        {"cgroup pids.max", pids_max()},
        {"pid_max", system_limit("kernel/pid_max")},
        {"threads-max", system_limit("kernel/threads-max")},
        {"half of max_map_count", mappings},
    };

    return tightest(candidates, sizeof candidates / sizeof candidates[0], buf);
}

char *limit_of_threads(char buf[LIMIT_TEXT])
{
    uint64_t mappings = system_limit("vm/max_map_count");

    // A thread's stack is two mappings: the stack and its guard.
    return limit_of_tasks(mappings == UINT64_MAX ? mappings : mappings / 2, buf);
}

char *limit_of_processes(char buf[LIMIT_TEXT])
{
    return limit_of_tasks(UINT64_MAX, buf);
}

static void raise_soft(int resource)
{
    struct rlimit limit;

    if (getrlimit((__rlimit_resource_t)resource, &limit) == 0 && limit.rlim_cur != limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit((__rlimit_resource_t)resource, &limit);
    }
}

void limits_raise(void)
{
    raise_soft(RLIMIT_NOFILE);
    raise_soft(RLIMIT_NPROC);
}

uint64_t limit_descriptors(void)
{
    return soft_limit(RLIMIT_NOFILE);
}

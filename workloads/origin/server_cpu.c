// SPDX-License-Identifier: MIT
#include "workloads/origin/server_cpu.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/base/procfs.h"

// Descendants deeper than this are not looked for.
#define DEEPEST 16

// Of children that a process has waited for.
static uint64_t waited_cpu_ns(pid_t pid)
{
    char *stat = procfs_text("/proc/%d/stat", (int)pid);
    uint64_t ticks = procfs_stat_field(stat, PROCFS_STAT_CUTIME) + procfs_stat_field(stat, PROCFS_STAT_CSTIME);

    free(stat);
    return ticks * (NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK));
}

static uint64_t tree_cpu_ns(pid_t pid, unsigned depth);

// Of the children of one thread.
static uint64_t children_cpu_ns(pid_t pid, const char *tid, unsigned depth)
{
    char *children = procfs_text("/proc/%d/task/%s/children", (int)pid, tid), *rest = NULL;
    uint64_t sum_ns = 0;

    if (children == NULL)
        return 0;
    for (char *word = strtok_r(children, " \n", &rest); word != NULL; word = strtok_r(NULL, " \n", &rest))
        sum_ns += tree_cpu_ns((pid_t)atoi(word), depth + 1);
    free(children);
    return sum_ns;
}

static uint64_t tree_cpu_ns(pid_t pid, unsigned depth)
{
    uint64_t sum_ns = clock_cpu_of_ns(pid) + waited_cpu_ns(pid);
    const struct dirent *entry;
    char path[64];
    DIR *tasks;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    tasks = depth < DEEPEST ? opendir(path) : NULL;
    while (tasks != NULL && (entry = readdir(tasks)) != NULL) {
        if (entry->d_name[0] != '.')
            sum_ns += children_cpu_ns(pid, entry->d_name, depth);
    }
    if (tasks != NULL)
        closedir(tasks);
    return sum_ns;
}

uint64_t server_cpu_ns(pid_t pid)
{
    return tree_cpu_ns(pid, 0);
}

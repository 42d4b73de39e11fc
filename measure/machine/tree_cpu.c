// SPDX-License-Identifier: MIT
#include "measure/machine/tree_cpu.h"

#include <stdlib.h>
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

struct tree {
    uint64_t cpu_ns;
    unsigned depth;
};

static int add_process(int pid, void *data)
{
    struct tree *tree = data;

    tree->cpu_ns += clock_cpu_of_ns(pid) + waited_cpu_ns(pid);
    if (tree->depth < DEEPEST) {
        tree->depth++;
        procfs_children(pid, add_process, tree);
        tree->depth--;
    }
    return 0;
}

uint64_t tree_cpu_ns(pid_t pid)
{
    struct tree tree = {0};

    add_process(pid, &tree);
    return tree.cpu_ns;
}

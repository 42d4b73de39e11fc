// SPDX-License-Identifier: MIT
#include "measure/machine/limits.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

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

    if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return UINT64_MAX;
    return limit.rlim_cur;
}

// How much there may be of something, and is. `each`: what the figures are counted in.
struct candidate {
    const char *name, *unit;
    uint64_t most, used, each;
};

static double share_of(const struct candidate *candidate)
{
    return candidate->most == UINT64_MAX
               ? -1
               : (double)candidate->used / (double)(candidate->most > 0 ? candidate->most : 1);
}

static char *write_most_used(const struct candidate *candidates, size_t count, char buf[LIMIT_TEXT])
{
    const struct candidate *most = &candidates[0];

    for (size_t i = 1; i < count; i++) {
        if (share_of(&candidates[i]) > share_of(most))
            most = &candidates[i];
    }
    buf[0] = '\0';
    if (most->most != UINT64_MAX)
        snprintf(buf, LIMIT_TEXT, "%s %llu%s", most->name, (unsigned long long)(most->most / most->each), most->unit);
    return buf;
}

static int count_threads(int pid, void *data)
{
    char *status = procfs_text("/proc/%d/status", pid);
    uint64_t uid, threads, *count = data;

    if (procfs_value_number(status, "Uid", &uid) && uid == getuid() && procfs_value_number(status, "Threads", &threads))
        *count += threads;
    free(status);
    return 0;
}

// Root, or whoever has its capabilities, is not held to it.
static bool is_exempt(void)
{
    char *status = procfs_text("/proc/self/status");
    const char *capabilities = procfs_value(status, "CapEff");
    uint64_t mask = UINT64_C(1) << CAP_SYS_ADMIN | UINT64_C(1) << CAP_SYS_RESOURCE;
    bool exempt = capabilities != NULL && (strtoull(capabilities, NULL, 16) & mask) != 0;

    free(status);
    return exempt;
}

static struct candidate of_user(void)
{
    struct candidate limit = {"nproc", "", soft_limit(RLIMIT_NPROC), 0, 1};

    if (is_exempt())
        limit.most = UINT64_MAX;
    else if (limit.most != UINT64_MAX)
        procfs_processes("/proc", count_threads, &limit.used);
    return limit;
}

// systemd sets one on every session.
static struct candidate of_cgroup(void)
{
    double most = cgroup_pids_max(""), left = cgroup_pids_left("");
    struct candidate limit = {"cgroup pids.max", "", UINT64_MAX, 0, 1};

    if (most > 0) {
        limit.most = (uint64_t)most;
        limit.used = left >= 0 && left < most ? (uint64_t)(most - left) : 0;
    }
    return limit;
}

// "0.15 0.10 0.05 1/123 4567": 123 threads on the machine.
static struct candidate of_machine(const char *name, const char *path)
{
    char *line = procfs_line("/proc/loadavg");
    const char *slash = line != NULL ? strchr(line, '/') : NULL;
    struct candidate limit = {name, "", system_limit(path), 0, 1};

    if (slash != NULL)
        limit.used = strtoull(slash + 1, NULL, 10);
    free(line);
    return limit;
}

// A thread's stack is two mappings: the stack and its guard.
static struct candidate of_mappings(void)
{
    struct candidate limit = {"max_map_count", "", system_limit("vm/max_map_count"), 2, 1};
    char *maps = procfs_text("/proc/self/maps");

    for (const char *line = maps; line != NULL && (line = strchr(line, '\n')) != NULL; line++)
        limit.used++;
    free(maps);
    return limit;
}

static struct candidate of_address_space(const char *name, int resource, const char *key, const char *unit)
{
    struct candidate limit = {name, unit, soft_limit(resource), 0, 1024};
    char *status = procfs_text("/proc/self/status");

    procfs_value_bytes(status, key, &limit.used);
    free(status);
    return limit;
}

// Where the kernel promises no more than it has (vm.overcommit_memory 2).
static struct candidate of_commitment(void)
{
    struct candidate limit = {"CommitLimit", " KiB, vm.overcommit_memory 2", UINT64_MAX, 0, 1024};
    char *meminfo = procfs_text("/proc/meminfo");

    if (system_limit("vm/overcommit_memory") == 2 && procfs_value_bytes(meminfo, "CommitLimit", &limit.most))
        procfs_value_bytes(meminfo, "Committed_AS", &limit.used);
    free(meminfo);
    return limit;
}

#define OF_TASKS \
    of_user(), of_cgroup(), of_machine("pid_max", "kernel/pid_max"), of_machine("threads-max", "kernel/threads-max")
#define OF_MEMORY                                                                                          \
    of_mappings(), of_commitment(), of_address_space("RLIMIT_AS", RLIMIT_AS, "VmSize", " KiB, ulimit -v"), \
        of_address_space("RLIMIT_DATA", RLIMIT_DATA, "VmData", " KiB, ulimit -d")

char *limit_of_threads(char buf[LIMIT_TEXT])
{
    const struct candidate candidates[] = {OF_TASKS, OF_MEMORY};

    return write_most_used(candidates, sizeof candidates / sizeof *candidates, buf);
}

char *limit_of_processes(char buf[LIMIT_TEXT])
{
    const struct candidate candidates[] = {OF_TASKS, of_commitment()};

    return write_most_used(candidates, sizeof candidates / sizeof *candidates, buf);
}

char *limit_of_memory(char buf[LIMIT_TEXT])
{
    const struct candidate candidates[] = {OF_MEMORY};
    bool limited = false;

    for (size_t i = 1; i < sizeof candidates / sizeof *candidates; i++)
        limited |= candidates[i].most != UINT64_MAX;
    buf[0] = '\0';
    // Mappings are always limited, and seldom what is lacking.
    if (limited || share_of(&candidates[0]) > 0.9)
        write_most_used(limited ? candidates + 1 : candidates, limited ? sizeof candidates / sizeof *candidates - 1 : 1,
                        buf);
    return buf;
}

char *limit_of_cgroup_memory(char buf[LIMIT_TEXT])
{
    char file[CGROUP_PATH];
    const char *name = strrchr(cgroup_memory_file("", file), '/');

    if (name != NULL)
        snprintf(buf, LIMIT_TEXT, "cgroup %.40s %.0f KiB", name + 1, cgroup_memory_max("") / 1024);
    else
        snprintf(buf, LIMIT_TEXT, "its cgroup's memory");
    return buf;
}

char *limit_of_descriptors(int number, char buf[LIMIT_TEXT])
{
    if (number == ENFILE)
        snprintf(buf, LIMIT_TEXT, "file-max %llu", (unsigned long long)system_limit("fs/file-max"));
    else
        snprintf(buf, LIMIT_TEXT, "nofile %llu", (unsigned long long)limit_descriptors());
    return buf;
}

static void raise_soft(int resource)
{
    struct rlimit limit;

    if (getrlimit(resource, &limit) == 0 && limit.rlim_cur != limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(resource, &limit);
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

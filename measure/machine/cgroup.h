// SPDX-License-Identifier: MIT
// What the cgroups of this process allow it and have done to it, of cgroup v2 and v1. What counts is this process's own
// cgroup and all above it, as far as they are mounted: in a container without a cgroup namespace the path in
// /proc/self/cgroup is the host's, and only the mount's top is there to be read. `root` stands before /proc and /sys
// ("" is the machine itself), for tests.
#pragma once

// The CPU quota in cores (1.5), the smallest of all levels; 0 where there is none.
double cgroup_quota_cores(const char *root);

// The file that sets it, "/sys/fs/cgroup/a/cpu.max" or of v1 "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", as it is called without
// `root`. Returns `buf`, empty where there is no quota.
#define CGROUP_PATH 4096
char *cgroup_quota_file(const char *root, char buf[CGROUP_PATH]);

// How long the quota has kept its tasks waiting since the cgroup was made, ns, over all CPUs: that of the level which waited longest,
// since a level waits along with the one above it. Negative where no level tells.
double cgroup_throttled_ns(const char *root);

// Of the quota's periods in which anything ran: how many there were, and in how many the quota stopped something, at all
// levels together. (The time above is counted for each CPU by itself: two that are stopped for a second make two.)
struct cgroup_periods {
    double all, throttled;
};
struct cgroup_periods cgroup_periods(const char *root);

// The most processes and threads together, the smallest of all levels; 0 where there is no limit.
double cgroup_pids_max(const char *root);
// How many more there may be, at the level with the least room; negative where there is no limit.
double cgroup_pids_left(const char *root);

// The most memory in bytes, the smallest of all levels; 0 where there is no limit. And the file that sets it, as
// cgroup_quota_file() has it.
double cgroup_memory_max(const char *root);
char *cgroup_memory_file(const char *root, char buf[CGROUP_PATH]);
// How many processes the kernel has killed since memory ended, at all levels together.
double cgroup_memory_kills(const char *root);

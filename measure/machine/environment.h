// SPDX-License-Identifier: MIT
// What a figure was measured on.
#pragma once

#include <stdint.h>

#include "measure/machine/cgroup.h"

struct cJSON;

// A new object, to be freed with cJSON_Delete(). What cannot be read is null, never left out.
//   "cpu": {"model", "online": "0-3", "allowed": "0-1", "allowed_count", "quota_cores": null or 1.5,
//           "quota_file": null or "/sys/fs/cgroup/a/cpu.max" (which sets it),
//           "caches": [{"level", "type", "size_bytes"}], "governor": null, "powersave" … or "mixed" (over the allowed
//           CPUs), "driver": null or "intel_pstate" … (what sets the clock), "turbo": null or bool, "smt": null or bool}
//   "host": "lab7", "rank": null or 3 (measure/machine/job_rank.h), "memory_bytes", "kernel": "Linux 6.1.0 x86_64", "os", "libc": "glibc 2.36",
//   "kernel_options": [those of its command line that bear on timing, and no others]
//   "virtualisation": null, "docker", "kvm", "docker on kvm" …
//   "clock_source", "clock_sources": [those there are], "clock_resolution_ns", "clock_read_ns" (what a reading costs),
//   "timer_slack_ns", "aslr": bool, of this process
//   "mitigations": {name of a vulnerability: the kernel's text}
//   "huge_pages": "always", "madvise" or "never", "perf_event_paranoid": -1 … 4
//   "scheduling": {"policy": "other", "nice": 0}
//   "variables": {those set that bear on timing or memory, such as LD_PRELOAD, and no others}
//   "limits": {"nofile": {"soft", "hard"}, "nproc": {"soft", "hard"}, "stack_bytes", "max_map_count", "pid_max",
//              "threads_max", "cgroup_pids_max", "local_ports" (how many a client may use)}, where null is unlimited
//   "before": {"load": [averages over 1, 5, 15 minutes], "cpu_pressure_share", "memory_pressure_share",
//              "io_pressure_share" (of the last 10 s some task waited), "memory_available_bytes", "swap_used_bytes"}
//   "during", "after": null, until environment_course_end()
struct cJSON *environment_describe(void);

// CPU ticks of all online CPUs since boot from /proc/stat, for steal over an interval, and CPU pressure's total. Zeros
// where /proc/stat cannot be read. For tests the environment variable CCBENCH_ROOT names another folder than / to look for
// proc in.
struct environment_ticks {
    uint64_t all, idle, steal; // USER_HZ ticks; idle: also while waiting for a disk
    uint64_t pressure_us;      // of /proc/pressure/cpu "some total="; UINT64_MAX where the kernel has none
    uint64_t now_ns;
};
void environment_ticks_read(struct environment_ticks *ret_ticks);
// Share of CPU time stolen by the hypervisor between two readings, 0 … 1.
double environment_steal_share(const struct environment_ticks *before, const struct environment_ticks *after);
// Share of time in which some task waited for a CPU; negative where unknown.
double environment_pressure_share(const struct environment_ticks *before, const struct environment_ticks *after);
// Share of CPU time in which the CPUs were not idle; negative where unknown.
double environment_busy_share(const struct environment_ticks *before, const struct environment_ticks *after);

// What happens to the machine while something is measured.
struct environment_course {
    struct environment_ticks ticks;
    uint64_t memory_us, io_us; // pressure, as in environment_ticks
    double throttled_ns;       // by the cgroup's quota; negative where unknown
    struct cgroup_periods periods;
};
// To be called before the first thing that is measured.
void environment_course_begin(struct environment_course *ret_course);
// Puts what has happened since into "during" and "after" of what environment_describe() made.
//   "during": {"duration_ns", "busy_share", "steal_share", "cpu_pressure_share", "memory_pressure_share",
//              "io_pressure_share", "throttled_ns", "throttled_share"}, whatever ccbench itself caused included; null where unknown
//   "after": as "before"
void environment_course_end(const struct environment_course *course, struct cJSON *environment);

// Cores this process may use: the affinity mask's count, at most the cgroup's quota, which may be less than 1.
double environment_cores(void);
// The cgroup's CPU quota in cores (1.5), 0 where there is none. The smallest of this cgroup and its ancestors:
// cpu.max of cgroup v2, cpu.cfs_quota_us of v1.
double environment_quota_cores(void);

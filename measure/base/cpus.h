// SPDX-License-Identifier: MIT
// Sets of CPUs, and lists of them as the kernel writes them ("0-3,8"). A cpu_set_t has room for 1024, and the kernel refuses
// to answer into less than it needs.
#pragma once

#include <sched.h>
#include <stdbool.h>

// Twice what any kernel can be built for.
#define CPUS_MOST 16384

// Copied and compared as a whole; zeroed it is empty.
struct cpus {
    cpu_set_t parts[CPUS_MOST / CPU_SETSIZE];
};

// Those that this thread may run on; where the kernel does not tell, as many as are online, from 0 on.
void cpus_allowed(struct cpus *ret_cpus);
// From now on this thread, and what it starts, runs on these only. 0, or -errno and errno (none of them may be used).
int cpus_use(const struct cpus *cpus);

// CPUs from CPUS_MOST on are in no set.
void cpus_add(struct cpus *cpus, unsigned cpu);
bool cpus_have(const struct cpus *cpus, unsigned cpu);
int cpus_count(const struct cpus *cpus);
bool cpus_equal(const struct cpus *a, const struct cpus *b);
// The lowest and the highest; 0 of none.
unsigned cpus_first(const struct cpus *cpus);
unsigned cpus_last(const struct cpus *cpus);
// Puts in those of `more`; takes out those that `others` has not, or has.
void cpus_join(struct cpus *cpus, const struct cpus *more);
void cpus_keep(struct cpus *cpus, const struct cpus *others);
void cpus_drop(struct cpus *cpus, const struct cpus *others);

// 0, or -EINVAL (also for an empty list and for CPUs from CPUS_MOST on); one newline at the end is accepted.
int cpus_parse(const char *text, struct cpus *ret_cpus);
// Returns `buf`; a list that does not fit ends with the last whole range that does.
char *cpus_write(const struct cpus *cpus, char *buf, unsigned size);

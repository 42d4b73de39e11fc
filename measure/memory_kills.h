// SPDX-License-Identifier: MIT
// Whether a trial fell to the kernel, which kills where memory ends: from outside that is a signal 9 like any other.
#pragma once

#include <stdint.h>

struct trial_report;

// How often the kernel had killed for memory: in this process's cgroups, and on the whole machine.
struct memory_kills {
    double by_cgroup;
    uint64_t on_machine;
};

void memory_kills_read(struct memory_kills *ret_kills);

// Says so in the reason of a trial that went wrong, or in the error that it gives itself, if a process was killed for the
// memory of this one's cgroup since `before`; of a trial that was killed itself also if one was on the machine.
void memory_kills_tell(const struct memory_kills *before, struct trial_report *report);

// SPDX-License-Identifier: MIT
// How much of some CPUs' time others took meanwhile: what they were busy with (also by the hypervisor's hand), less what this
// process and its children used.
#pragma once

#include <stdint.h>

#include "measure/base/cpus.h"

struct others {
    uint64_t busy_ticks, all_ticks; // of those CPUs, USER_HZ; 0: unknown
    uint64_t own_ns;                // of this process and of children that have been waited for
};

// Reads what is so far. `more_ns`: CPU time of children that have not been waited for.
void others_read(const struct cpus *cpus, uint64_t more_ns, struct others *ret_others);

// The share of the CPUs' time between the two readings that others took, 0 to 1; negative where unknown. Below some seconds it
// is right within some percent.
double others_share(const struct others *before, const struct others *after);

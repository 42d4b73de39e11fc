// SPDX-License-Identifier: MIT
// Who falls behind in which sweep of which machine.
#pragma once

#include <stddef.h>

struct cJSON;

// Adds the sweeps of the machine of that place, whose report this is, to those of the same workload and axis. 0 or -ENOMEM.
int several_add_sweeps(struct cJSON *several, const struct cJSON *report, size_t machine);

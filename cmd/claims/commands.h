// SPDX-License-Identifier: MIT
// The commands that show a claim's experiments alone.
#pragma once

#include "claims/reader/claim.h"
#include "cmd/console/options.h"

struct cJSON;

// A list of texts, one for each experiment that can be typed: "ccbench -w fib:27 -m sequential,threads -n 16 -c 2 -r 12".
// Owned by the caller.
struct cJSON *claims_commands(const struct options *options, const struct claim_file *claim);

// What the claim is named by, as it is typed. Owned by the caller; NULL: no memory.
char *claims_typed(const struct claim_file *claim);

// The CPUs that an experiment on so many cores has (0: all that there are for it): the first of those that may be used. Fewer
// where there are not so many.
struct cpus claims_cpus(const struct options *options, unsigned cores);

// How many cores may be used: CPUs, or fewer by a cgroup's quota.
double claims_cores(const struct options *options);

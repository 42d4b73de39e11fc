// SPDX-License-Identifier: MIT
// The measuring of claims: each block in two batches of rounds, with those of other blocks between the two, so that what
// disturbs one for some seconds does not disturb the other.
#pragma once

#include <stdint.h>

#include "cmd/claims/blocks.h"
#include "cmd/console/progress.h"
#include "cmd/rounds/trials.h"

struct claims_run {
    const struct options *options;
    struct claims_blocks blocks;
    struct trials trials;
    struct progress progress;
    struct cJSON *runtimes; // what those that were used say of themselves, by the models' labels; owned by the document
    struct cpus cpus;       // that others may disturb
    uint64_t start_ns, deadline_ns; // deadline 0: none
};

// Batches that there are, and those that are done, or will not be.
unsigned claims_batches(const struct claims_run *run);

// Measures the i-th of them, unless the time is up. 0; or an exit status with one line printed.
int claims_batch(struct claims_run *run, unsigned i);

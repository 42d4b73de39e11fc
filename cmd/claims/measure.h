// SPDX-License-Identifier: MIT
// The measuring of claims: each group of blocks in two batches of rounds, with those of other groups between the two, so that what
// disturbs one for some seconds does not disturb the other; and in up to two more where these show nothing for noise.
#pragma once

#include <stdbool.h>
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
    uint64_t spent_ns;              // in batches
    unsigned steps, ended;          // batches begun, ended
};

// Measures the next batch, if one is to be: the group that comes first of those whose last batch is long enough ago. What is left
// when the time is up is excused. 0, with whether there was one; or an exit status with one line printed.
int claims_next(struct claims_run *run, bool *ret_any);

// Whether a further batch of the claim's experiments is to be, since one of its figures (or of a runtime's) is not shown for noise
// and there is time: the whole takes at most 4 minutes, 8 with other runtimes, or --time-limit. `json` is the claim, settled.
bool claims_want_more(struct claims_run *run, const struct claim_file *claim, const struct cJSON *json);

// What will not be measured any more, by a signal.
void claims_give_up(struct claims_run *run);

// SPDX-License-Identifier: MIT
// What a search for the highest rates has found, and how it gets into the document.
#pragma once

#include <cjson/cJSON.h>

#include "cmd/plan/capacity_rule.h"
#include "cmd/rounds/capacity_search.h"
#include "cmd/rounds/rounds.h"

// What is known of one model.
struct contender {
    struct capacity_search search;
    cJSON *samples[CAPACITY_PROBES];   // of each of the search's rates; owned
    cJSON *probes;                     // for the document
    const char *stopped;               // why the search is over; NULL: it is not
    unsigned faults;                   // trials in a row without a result
    double closed_per_s, speaks_per_s; // of the closed loop; of the samples that speak for the model; 0: none
};

struct capacity {
    struct rounds *rounds;
    const struct capacity_rule *rule;
    struct block *block;
    struct contender *contenders; // by cell
};

// Puts what was found into the JSON of the block and its cells, which takes over each contender's probes. 0 or -ENOMEM.
int capacity_end(struct capacity *capacity);

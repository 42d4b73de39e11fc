// SPDX-License-Identifier: MIT
// The experiments of the chosen claims as what is measured: those that are equal but for their models are one block, of all
// of these models, so that claims share trials. Blocks of which one figure compares two are a group: their rounds alternate, so
// that each ratio is of two trials of one round.
#pragma once

#include <stdbool.h>

#include "cmd/claims/chosen.h"
#include "cmd/console/options.h"
#include "reports/findings/claims_verdict.h"

struct cJSON;

#define CLAIMS_EXCUSE 200

struct claims_block {
    char *key;                      // what blocks are alike by; owned
    const struct claim_file *claim; // the first that has it
    const char *name;               // what that calls it
    const struct cJSON *experiment;
    char *program; // a name for a workload that stands in the claim; NULL: none; owned
    bool is_script;
    struct options options; // of its plan
    unsigned group;         // the index of the first block of its group
    // Of each batch: a block of a report, or what a script printed; NULL: not measured. Owned.
    struct cJSON *measured[CLAIMS_BATCHES_MOST];
    double others[CLAIMS_BATCHES_MOST]; // the share of the CPUs' time that others took meanwhile; negative: unknown
    unsigned batches, wanted;           // batches done; those that there are to be
    // Of the first block of a group, of its last batch: which of all it was, from 1, 0 for none; how long it took.
    unsigned last_step;
    uint64_t took_ns;
    char excuse[CLAIMS_EXCUSE]; // why it is not measured; "": no reason known
    const char *cause;          // then: for reports/findings/claims_summary.c
};

struct claims_blocks {
    struct claims_block *items; // owned
    unsigned count;
    double cores; // that may be used
};

// The blocks of all chosen claims; `base` is what was typed. 0, or EXIT_USAGE with one line printed. To be released in any case.
int claims_blocks_make(const struct options *base, const struct chosen *chosen, struct claims_blocks *ret_blocks);
void claims_blocks_release(struct claims_blocks *blocks);

// The block of an experiment of a claim.
const struct claims_block *claims_blocks_find(const struct claims_blocks *blocks, const struct claim_file *claim,
                                              const struct cJSON *experiment);

// Whether all batches of all of the claim's blocks are done, or will not be.
bool claims_blocks_done(const struct claims_blocks *blocks, const struct claim_file *claim);

// Whether any model of a block is of another runtime.
bool claims_blocks_of_runtimes(const struct claims_blocks *blocks);

// Why a model of a runtime that a claim names cannot be run here; NULL: it can. `buf` has CLAIMS_EXCUSE bytes.
const char *claims_model_missing(const char *typed, char buf[CLAIMS_EXCUSE]);

// What the runtime has in the place of an experiment of the claim: another of the claim's, or the experiment itself.
const struct cJSON *claims_real_experiment(const struct claim_file *claim, const struct cJSON *real,
                                           const struct cJSON *experiment);

// Whether the runtime is tested: every model that it has in place of one of the claim's is here. Else the reason in `buf`.
bool claims_real_here(const struct cJSON *real, char buf[CLAIMS_EXCUSE]);

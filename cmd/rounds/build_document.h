// SPDX-License-Identifier: MIT
// The document as it stands before anything is measured.
#pragma once

#include "cmd/plan/plan.h"

// A new document for the plan, with a block for each workload and a cell for each model, whose JSON the plan's blocks and
// cells then point to. The document is owned by the caller.
struct cJSON *build_document(struct plan *plan, struct cJSON *runtimes, int argc, char **argv);

// The same for its blocks alone: "workloads".
struct cJSON *build_workloads(struct plan *plan);

// How its tasks arrive: the block's "rate".
struct cJSON *build_rate(const struct block *block);

// Puts what has become of each of the block's cells into the document, once; one that is still ok without a sample is
// skipped, for that reason.
void build_statuses(struct block *block, const char *unmeasured);

// "ccbench" of the document: version, build type, libraries.
struct cJSON *build_version(void);

// "ccbench" and "command" (the arguments, without the program's name) of a document; with "started" it is what every document of
// something measured begins with.
void build_command(struct cJSON *document, int argc, char **argv);
void build_head(struct cJSON *document, int argc, char **argv);

// The same, and what is known beforehand of every measurement: "seed", "environment", and "duration_ns" and "interrupted",
// which build_end() sets, from when it began and whether a signal has arrived.
void build_begin(struct cJSON *document, const struct options *options, int argc, char **argv);
void build_end(struct cJSON *document, uint64_t start_ns);

// "placement": the CPUs of the trials and of the origin.
void build_placement(struct cJSON *document, const struct plan *plan);

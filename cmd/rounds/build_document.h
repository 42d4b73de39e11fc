// SPDX-License-Identifier: MIT
// The document as it stands before anything is measured.
#ifndef CCBENCH_CMD_BUILD_DOCUMENT_H
#define CCBENCH_CMD_BUILD_DOCUMENT_H

#include "cmd/plan/plan.h"

// A new document for the plan, with a block for each workload and a cell for each model, whose JSON the plan's blocks and
// cells then point to. The document is owned by the caller. NULL when out of memory.
struct cJSON *build_document(struct plan *plan, int argc, char **argv);

// "ccbench" of the document: version, build type, libraries.
struct cJSON *build_version(void);

// What every document begins with: "ccbench", "command" (the arguments, without the program's name), "started".
void build_head(struct cJSON *document, int argc, char **argv);

// "placement": the CPUs of the trials and of the origin.
void build_placement(struct cJSON *document, const struct plan *plan);

#endif

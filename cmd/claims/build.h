// SPDX-License-Identifier: MIT
// The document of claims (reports/document/claims.h) as it stands before anything is measured.
#pragma once

#include "cmd/claims/blocks.h"

struct cJSON;

// What a document is about.
#define BUILD_MEASURED "measured"
#define BUILD_LIST "list"
#define BUILD_QUESTIONS "questions"

// A new document for these claims, with an object for each, without verdicts; owned by the caller. `stage` is one of the above.
struct cJSON *claims_build(const struct options *options, const struct chosen *chosen,
                           const struct claims_blocks *blocks, const char *stage, int argc, char **argv);

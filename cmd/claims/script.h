// SPDX-License-Identifier: MIT
// An experiment that is a program of its own, which prints one JSON object of numbers.
#pragma once

#include "claims/reader/claim.h"

struct cJSON;

// Runs it in the folder of its claim, with CCBENCH naming this program, and ends it after some minutes, or when a signal
// arrives. An object with "status" ("ok", "skipped", "failed"), "reason" (null where it is ok) and "values"; owned by the
// caller. Exit status 77 is "skipped", the last line that was printed the reason. NULL: it was interrupted.
struct cJSON *script_run(const struct claim_file *claim, const struct cJSON *experiment);

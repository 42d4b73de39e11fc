// SPDX-License-Identifier: MIT
// All claims: those that this program was built or installed with, and the user's own, from $XDG_CONFIG_HOME/ccbench/claims.
// They are read once they are asked for, and stay.
#pragma once

#include "claims/reader/claim.h"

// The i-th claim, by number, those without one last, by name; NULL behind the last.
const struct claim_file *claims_at(unsigned i);

// The claim of that name; NULL: none.
const struct claim_file *claims_find(const char *name);

// One more, from a file that was named; one that has a name which another has takes its place. 0, or -EINVAL with `error`
// filled, or -ENOMEM.
int claims_add(const char *path, const struct claim_file **ret_claim, char error[JSON_FILE_ERROR]);

// What is wrong with the i-th file that could not be read, one line each; NULL behind the last.
const char *claims_error(unsigned i);

// SPDX-License-Identifier: MIT
// Which models would carry out what calls functions of the user's own.
#pragma once

#include "cmd/plan/plan.h"

// Writes on standard output, before anything is started, which would run, and of the others why not; finds what is here, but not
// whether the functions are. `ret_groups`, of `size` bytes, becomes the groups of those that would, as --model has them; "" where
// there are none.
void list_runs(const struct block *block, char *ret_groups, size_t size);

// SPDX-License-Identifier: MIT
// The claims that a command is about: all, or those that were named, each by its name or its file.
#pragma once

#include "claims/reader/registry.h"

#define CHOSEN_MOST 200

struct chosen {
    const struct claim_file *claims[CHOSEN_MOST]; // in the order of all of them
    unsigned count;
};

// Chooses by what was typed; none: all. One line is printed for each file that cannot be read. 0; or EXIT_USAGE, with one
// line printed, where one that was named cannot be had.
int chosen_make(char **typed, int count, struct chosen *ret_chosen);

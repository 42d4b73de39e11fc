// SPDX-License-Identifier: MIT
// Completion of ccbench's command line in the shells that have it, from the tables of commands and options.
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "cmd/console/command.h"

// Writes the script of `shell`, "bash", "zsh" or "fish", for these commands, `run` first, which may be left out. false, and
// nothing is written, where it is none of them.
bool completion_write(const char *shell, const struct command *const *commands, FILE *out);

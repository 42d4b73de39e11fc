// SPDX-License-Identifier: MIT
// Completion of ccbench's command line in the shells that have it, from the tables of commands and options, and with the names
// of models, workloads and claims that there are.
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "cmd/console/command.h"

// Writes the script of `shell`, "bash", "zsh" or "fish", for these commands, `run` first, which may be left out; `claims` is
// the name of the i-th claim, NULL behind the last. false, and nothing is written, where it is none of them.
bool completion_write(const char *shell, const struct command *const *commands, const char *(*claims)(unsigned i),
                      FILE *out);

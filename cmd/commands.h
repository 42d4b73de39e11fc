// SPDX-License-Identifier: MIT
// The registry of subcommands: one file each, in the order of the list in meson.build.
#pragma once

#include "cmd/console/command.h"
#include "registry.h"

#define COMMAND_DECLARE(name) extern const struct command command_##name;
CCBENCH_COMMANDS(COMMAND_DECLARE)
#undef COMMAND_DECLARE

// All of them, `run` first, ending in NULL.
extern const struct command *const commands[];

// The one of that name, hidden ones too; NULL where there is none.
const struct command *command_find(const char *name);

// The name of the i-th that help lists; NULL behind the last.
const char *command_name(unsigned i);

// Prints the version, how it was built, and the libraries: some lines.
void version_print(void);

// Says that the command, `run` or `gate`, takes no such word, and what may have been meant. EXIT_USAGE.
int command_unknown(const struct command *command, const char *word);

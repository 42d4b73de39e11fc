// SPDX-License-Identifier: MIT
// Where this program's data are: descriptions of models, and the programs that were built for them; claims.
#pragma once

// Each: a path to be freed, or NULL where there is no such folder, or no memory.

// Data of that name, "runtimes", "claims" or "examples": of the source tree that this program was built from, or of what
// it was installed with.
char *folders_data(const char *name);
// The user's own, "models" or "claims": $XDG_CONFIG_HOME/ccbench/NAME, whether it is there or not.
char *folders_own(const char *name);
// What {bin} stands for.
char *folders_programs(void);

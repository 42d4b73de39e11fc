// SPDX-License-Identifier: MIT
// Where this program's descriptions of models, and the programs that were built for them, are.
#pragma once

// Each: a path to be freed, or NULL where there is no such folder, or no memory.

// Of the source tree that this program was built from, or of the data it was installed with.
char *folders_descriptions(void);
// Of the user's own: $XDG_CONFIG_HOME/ccbench/models, whether it is there or not.
char *folders_own(void);
// What {bin} stands for.
char *folders_programs(void);

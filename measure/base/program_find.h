// SPDX-License-Identifier: MIT
// Looking for programs as execvp() does, but beforehand, so that what is missing is said before anything is measured.
#pragma once

// The path of the program: as it is named where that has a slash, else in the first folder of PATH that has it. To be freed;
// NULL: there is none, or no memory.
char *program_find(const char *name);

// SPDX-License-Identifier: MIT
// What ccbench list says of a workload in a file.
#pragma once

#include "cmd/plan/plan.h"

// Columns, on any terminal that is not narrower.
#define LIST_WIDTH 80

// Explains the workload in a user's file on standard output: what its tasks do and come to, before anything is measured.
// EXIT_DONE, or EXIT_USAGE with one line printed.
int list_file(const char *path);

// Prints a workload of one's own to edit: docs/examples/shop.json.
void list_example(void);

// SPDX-License-Identifier: MIT
// Whether what is required (--require) can be said of what is planned.
#pragma once

#include "cmd/plan/plan.h"

struct typed_list;

// Calls `take` for each requirement of what was typed, until one is not 0. What that was, or 0.
int required_each(const struct typed_list *typed, int (*take)(const char *text, size_t length, void *data), void *data);

// That some workload has the classes that requirements name. 0, or EXIT_USAGE with one line printed.
int required_check(const struct plan *plan);

// Whether some requirement is of memory, which one memory trial of a cell cannot show.
bool required_of_memory(const struct options *options);

// One requirement as a report has it, without the blanks that were typed around it. To be freed; NULL when out of memory.
char *required_text(const char *typed, size_t length);

// SPDX-License-Identifier: MIT
// Whether what is required (--require) can be said of what is planned.
#pragma once

#include "cmd/plan/plan.h"

// That some workload has the classes that requirements name. 0, or EXIT_USAGE with one line printed.
int required_check(const struct plan *plan);

// SPDX-License-Identifier: MIT
// What the programs of other runtimes say of themselves: versions of language, library and loop.
#pragma once

#include "cmd/rounds/trials.h"

// Asks each model of the plan that another runtime carries; one that says it is not here has its cells ended. An object
// by the models' labels, NULL where there are none.
struct cJSON *describe_runtimes(const struct trials *trials, struct plan *plan);

// The same by the program that trials are those of, one side of a gate, which may have others than this ccbench. One that does
// not answer is left out: the gate's warm-up finds out whether it is there.
struct cJSON *describe_side(const struct trials *trials);

// SPDX-License-Identifier: MIT
// What the programs of other runtimes say of themselves: versions of language, library and loop.
#pragma once

#include "cmd/rounds/trials.h"

// Asks each model of the plan that another runtime carries; one that says it is not here has its cells ended. An object
// by the models' labels, NULL where there are none.
struct cJSON *describe_runtimes(const struct trials *trials, struct plan *plan);

// SPDX-License-Identifier: MIT
// What is traced where that was not typed.
#pragma once

#include "cmd/console/options.h"

// The breakfast of the examples, the basic models and those of other runtimes that are here; of a workload that was typed, few
// tasks, so that each has a row. 0; or an exit status with one line printed.
int timeline_choose(struct options *options);

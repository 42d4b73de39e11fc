// SPDX-License-Identifier: MIT
// Turning a time to compute ("compute":"2ms") into work, once per run: the same number of iterations for every model.
#ifndef CCBENCH_CMD_CALIBRATE_H
#define CCBENCH_CMD_CALIBRATE_H

#include "cmd/rounds/trials.h"

// Measures what the unit of computing takes here, where some block computes for a time, and sets how often each such
// step repeats it. Where nothing can be measured the estimates stay. 0 or -ENOMEM.
int calibrate_times(struct trials *trials, struct plan *plan);

#endif

// SPDX-License-Identifier: MIT
// What computing takes here, measured by the bare loop: per task of a block, and per unit, by which a time to compute
// ("compute":"2ms") is turned into work, once per run and family, the same number of iterations for every model of it.
#pragma once

#include "cmd/rounds/trials.h"

// CPU time per task of the bare loop, ns, of a family of the block's or, where that is NULL, of the models in C; 0 where it
// could not be had.
uint64_t calibrate_task(struct trials *trials, const struct block *block, const struct family *family);

// Measures what the unit of computing takes here, where some block computes for a time, and sets how often each such
// step repeats it. Where nothing can be measured the estimates stay.
void calibrate_times(struct trials *trials, struct plan *plan);

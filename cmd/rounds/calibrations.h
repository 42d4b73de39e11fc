// SPDX-License-Identifier: MIT
// What computing takes in each round of a block, by family, and the ideals that follow from it.
#pragma once

#include "cmd/rounds/trials.h"

// Room for a block's: an array for each family, that of the models in C first. Owned by the caller.
struct cJSON *calibrations_make(const struct block *block);

// Runs the bare loop of each family that is in use, where tasks compute, and has the estimates go by it; where it `counts`, it is
// added.
void calibrate_block(struct trials *trials, struct block *block, struct cJSON *calibrations, bool counts);

// Puts ideal and calibration into the block's JSON: those of its own family, and those of the others beside it.
void calibrations_add(const struct block *block, const struct cJSON *calibrations);

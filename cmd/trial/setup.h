// SPDX-License-Identifier: MIT
// What a trial needs that is not the model's: limits, libraries, shared memory.
#pragma once

#include "models/model.h"

struct cJSON;

// For a trial that read_plan() has filled. 0, or -EINVAL with the refusal written.
int setup_open(const struct cJSON *plan, struct trial *trial);

// Accepts what was only half set up, or not at all.
void setup_close(struct trial *trial);

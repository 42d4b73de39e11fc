// SPDX-License-Identifier: MIT
// From the plan, the line of JSON that a trial begins with, to what the trial is to do.
#pragma once

#include <stdint.h>

#include "cmd/trial/burden.h"
#include "models/model.h"

struct cJSON;

// A member of the plan as a whole number from 0 to `most`, whatever is there; `otherwise` where it is no number.
uint64_t read_plan_whole(const struct cJSON *plan, const char *name, double otherwise, uint64_t most);

// Likewise as a number that may be anything, and as text: NULL where it is none.
double read_plan_number(const struct cJSON *plan, const char *name, double otherwise);
const char *read_plan_text(const struct cJSON *plan, const char *name);

// Fills in all of *trial that the plan says or that follows from it, and *ret_burden, which is put on its tasks. 0, or
// -EINVAL with the refusal written; task_mix_release(&trial->mix) in any case.
int read_plan(const struct cJSON *plan, struct trial *trial, struct burden *ret_burden);

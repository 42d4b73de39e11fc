// SPDX-License-Identifier: MIT
// What a trial needs that is not the model's: limits, libraries, shared memory.
#pragma once

#include "models/model.h"

struct cJSON;
struct handover;

// Lays out the trial's tasks, as its plan has them, in so many slots: what the supervisor does for a timed trial.
void setup_fill_slots(const struct cJSON *plan, const struct trial *trial, struct slot *slots);

// For a trial that read_plan() has filled. 0, or -EINVAL with the refusal written.
int setup_open(const struct cJSON *plan, struct trial *trial);

// The same for a worker that is a program of its own: what its trial has made, it maps. 0 or -errno, with a line of diagnostics.
int setup_worker(struct trial *trial, const struct handover *given);

// Accepts what was only half set up, or not at all.
void setup_close(struct trial *trial);

// SPDX-License-Identifier: MIT
// One scheduler for each core, each on a thread of its own with its share of the lanes: eventloop-multi and green-multi.
// They share nothing but the tasks.
#pragma once

#include "models/carry/loop/loop_kind.h"

// How many loops a trial has: one for each core, but no more than lanes.
static inline uint32_t loop_threads_count(const struct trial *trial)
{
    return trial->cores < trial->lanes ? trial->cores : trial->lanes;
}

// These three are a model's open, run and close; the trial's state is theirs.
int loop_threads_open(struct trial *trial, const struct loop_kind *kind);
int loop_threads_run(struct trial *trial);
void loop_threads_close(struct trial *trial);

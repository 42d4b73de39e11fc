// SPDX-License-Identifier: MIT
// Lanes whose steps block the calling thread, as a blocking program does them: sequential, threads, gil and processes.
#pragma once

#include "models/carry/stack/walk.h"

// By step kind. A gather makes a thread for each child; carries them out one after the other; or, in a process that has no other
// thread, forks one for each.
extern step_function *const blocking_steps[STEP_KIND_COUNT];
extern step_function *const blocking_steps_in_turn[STEP_KIND_COUNT];
extern step_function *const blocking_steps_of_process[STEP_KIND_COUNT];

// Initialises the lane; makes its connection where tasks fetch, and its buffers. 0 or -errno with trial_fail() called; close in
// any case.
int lane_open_blocking(struct lane *lane, struct trial *trial, uint32_t index);
void lane_close_blocking(struct lane *lane);

// Claims and runs tasks until none is left; in an open loop, each when it has arrived.
void lane_run_all(struct lane *lane);

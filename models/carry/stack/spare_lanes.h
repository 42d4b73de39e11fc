// SPDX-License-Identifier: MIT
// Lanes without a task, for models that make something for each task: which of them gets the next one, and when.
#pragma once

#include "models/carry/trial.h"

struct spare_lanes {
    uint32_t *lanes;      // a stack
    struct claim *claims; // by lane
    uint32_t count;
};

// All lanes are spare at first. 0 or -ENOMEM; close in any case.
int spare_lanes_open(struct spare_lanes *spare, uint32_t lanes);
void spare_lanes_close(struct spare_lanes *spare);

// To be called when the run begins.
void spare_lanes_start(struct spare_lanes *spare, const struct trial *trial);

// The next task and a lane for it; its claim says when that became free. NULL: no lane is spare, or there is no task, or
// in an open loop none that has arrived.
struct slot *spare_lanes_take(struct spare_lanes *spare, struct trial *trial, uint32_t *ret_lane);
void spare_lanes_put(struct spare_lanes *spare, uint32_t lane, uint64_t free_ns);

// When it may be worth while to take again although no lane has come back; UINT64_MAX: never.
uint64_t spare_lanes_wait_ns(const struct spare_lanes *spare, const struct trial *trial);

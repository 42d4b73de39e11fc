// SPDX-License-Identifier: MIT
// A task's record: 32 bytes of one mapping that the supervisor, the trial and the trial's children share.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct slot {
    uint64_t
        arrival_ns;    // open loop: offset from the run's start, set beforehand; closed loop: when the lane became free
    uint64_t begin_ns; // just before the first step, in the context that runs it; 0: never begun
    uint64_t end_ns;   // when the result is in the coordinator's hands; 0: never ended
    uint16_t class_index;
    uint16_t status; // 0, or a code of task_status.h
    uint32_t check;  // the checksum the task arrived at
};

_Static_assert(sizeof(struct slot) == 32, "slots are 32 bytes, on both sides of the trial protocol");

// SPDX-License-Identifier: MIT
// The measured part of a trial: lanes are made, carry the tasks and are closed, each phase timed by itself.
#pragma once

#include "cmd/trial/burden.h"
#include "measure/machine/hardware.h"
#include "models/model.h"

// What this process and the children it has waited for have used.
struct usage {
    uint64_t cpu_ns;
    uint64_t switches_own, switches_forced;
};

struct phases {
    uint64_t setup_ns, run_ns, teardown_ns;
    struct usage before, after;
    bool counted; // by `hardware`: set by the caller
    struct hardware hardware;
};

// Carries the tasks by the trial's model; a failure of it is in trial->error.
void phases_carry(struct trial *trial, const struct burden *burden, struct phases *phases);

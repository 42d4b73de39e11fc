// SPDX-License-Identifier: MIT
// When the threads of a trial came onto a core and left it, from the kernel: PERF_RECORD_SWITCH of a software event that counts
// nothing (perf_event_open(2)), which every thread and process that the trial makes inherits. Needs no privileges where
// perf_event_paranoid is 2 or less. Where it cannot be had, one of a few reasons says why.
#pragma once

#include <sys/types.h>

#include "measure/base/cpus.h"
#include "measure/trace/trace.h"

struct switch_ring;

// Zeroed: nothing is open, nothing was read.
struct switches {
    struct switch_ring *rings; // one for each CPU
    unsigned ring_count;
    size_t ring_bytes;
    int *fds; // of all events
    size_t fd_count;
    struct trace_switch *records; // what was read, as it came
    size_t count, room;
    uint64_t lost;
    const char *why; // a literal: why there are none; NULL: there are
};

// From now on those of the process and all that it makes, on these CPUs, are kept. Where that cannot be, `why` is set, and the
// others do nothing.
void switches_open(struct switches *switches, pid_t pid, const struct cpus *cpus);

// Takes what there is: to be called now and then, before the rings are full.
void switches_take(struct switches *switches);

// The process has ended: takes the rest, and keeps only what was read, until it is released.
void switches_end(struct switches *switches);

// Empties them. Accepts zeroed ones.
void switches_release(struct switches *switches);

// A copy in the order of time, to be freed; NULL where there are none, or no memory for them.
struct trace_switch *switches_sorted(const struct switches *switches);

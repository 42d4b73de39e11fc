// SPDX-License-Identifier: MIT
// One scheduler for each core, each on a thread of its own with its share of the lanes: eventloop-multi and green-multi.
// They share nothing but the tasks.
#ifndef CCBENCH_MODELS_LOOP_THREADS_H
#define CCBENCH_MODELS_LOOP_THREADS_H

#include <stddef.h>

#include "models/trial.h"

// What runs on each thread. `loop` is zeroed memory of loop_bytes; all three are called on its own thread, as libuv and
// libcurl want it. open: 0 or -errno with trial_fail() called; close follows in any case.
struct loop_kind {
    size_t loop_bytes;
    int (*open)(void *loop, struct trial *trial, uint32_t lanes);
    int (*run)(void *loop);
    void (*close)(void *loop);
};

// These three are a model's open, run and close; the trial's state is theirs.
int loop_threads_open(struct trial *trial, const struct loop_kind *kind);
int loop_threads_run(struct trial *trial);
void loop_threads_close(struct trial *trial);

#endif

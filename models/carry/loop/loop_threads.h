// SPDX-License-Identifier: MIT
// One scheduler for each core, each on a thread of its own with its share of the lanes: eventloop-multi and green-multi.
// They share nothing but the tasks.
#ifndef CCBENCH_MODELS_LOOP_THREADS_H
#define CCBENCH_MODELS_LOOP_THREADS_H

#include <stddef.h>

#include "models/carry/loop/reactor.h"

// What runs on each thread. `loop` is zeroed memory of loop_bytes, aligned to a cache line. open, run and close are called on
// its own thread, as libuv and libcurl want it, and run after all have been opened. open: 0 or -errno with trial_fail()
// called; close follows in any case, after all have run. stop makes another thread's run return soon: one of them has
// failed, and who waits for it would wait for ever. count, which may be NULL, adds the loop's counters to the trial.
struct loop_kind {
    size_t loop_bytes;
    int (*open)(void *loop, struct trial *trial, const struct share *share);
    int (*run)(void *loop);
    void (*stop)(void *loop);
    void (*count)(void *loop, struct trial *trial);
    void (*close)(void *loop);
};

// How many loops a trial has: one for each core, but no more than lanes.
static inline uint32_t loop_threads_count(const struct trial *trial)
{
    return trial->cores < trial->lanes ? trial->cores : trial->lanes;
}

// These three are a model's open, run and close; the trial's state is theirs.
int loop_threads_open(struct trial *trial, const struct loop_kind *kind);
int loop_threads_run(struct trial *trial);
void loop_threads_close(struct trial *trial);

#endif

// SPDX-License-Identifier: MIT
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "models/carry/loop/reactor.h"

// A style's loop, alone in its trial or one for each core. `loop` is zeroed memory of loop_bytes, aligned to a cache line. open,
// run and close are called on its own thread, as libuv and libcurl want it, and run after all have been opened. open: 0 or
// -errno with trial_fail() called; close follows in any case, after all have run. stop, NULL in one that is alone, makes another thread's run return soon: one of them has
// failed, and who waits for it would wait for ever. count, which may be NULL, adds the loop's counters to the trial.
struct loop_kind {
    size_t loop_bytes;
    int (*open)(void *loop, struct trial *trial, const struct share *share);
    int (*run)(void *loop);
    void (*stop)(void *loop);
    void (*count)(void *loop, struct trial *trial);
    void (*close)(void *loop);
};

// Zeroed memory for one loop, in lines that nothing else is in; free() frees it. NULL when out of memory.
static inline void *loop_kind_allocate(const struct loop_kind *kind)
{
    size_t bytes = (kind->loop_bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    void *loop;

    if (posix_memalign(&loop, CACHE_LINE, bytes) != 0)
        return NULL;
    return memset(loop, 0, bytes);
}

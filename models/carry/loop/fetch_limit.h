// SPDX-License-Identifier: MIT
// The time limit of a fetch that a reactor performs. libcurl has it too, but may forget it: if it is called for a transfer in the
// last millisecond before the limit, by data or by a timer of its own, it takes the limit's timer for due, drops it, and finds
// that the time is not up yet (7.88's add_next_timeout() in lib/multi.c). Nothing would ever end such a fetch.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "measure/base/timers.h"

struct http_get;

// One for each lane. Timers cannot be taken back, so that there is at most one, which looks when it fires which fetch is
// under way by then.
struct fetch_limit {
    struct timer_entry entry;
    struct http_get *get; // whose limit it is
    uint64_t deadline_ns; // CLOCK_MONOTONIC, when the fetch under way is over at the latest; 0: none is, or no limit
    uint64_t grace_ns;    // by how much it may outlive its limit
    bool awaited;         // the entry is among the reactor's timers
};

void fetch_limit_init(struct fetch_limit *limit, struct http_get *get, uint64_t grace_ns);

// The fetch begins now, and has ended. If its limit passes in between, reactor_time_out() ends it.
void fetch_limit_begin(struct fetch_limit *limit);
void fetch_limit_end(struct fetch_limit *limit);

// SPDX-License-Identifier: MIT
// Counters of the processor and the kernel, by perf_event_open(2), over this process and all threads and processes it
// makes from the opening on (attr.inherit).
//
// Opening and reading take some 10 us and belong outside of what is timed. What cannot be avoided is that each thread
// and process made while they are open inherits them, and that the kernel looks after them at each switch: with three
// software counters a switch between threads took 0.5 us more (2.0 instead of 1.5) and making a thread some us more.
// So they are opened only when asked for. A process that ends is counted until its very end has begun.
#pragma once

#include <stdbool.h>

struct cJSON;

#define HARDWARE_COUNTERS 6
#define HARDWARE_REASON 256

struct hardware {
    int fds[HARDWARE_COUNTERS];    // -1: not to be had
    int errors[HARDWARE_COUNTERS]; // the errno that says why not; 0 where it is open
    bool user_only;                // cycles and the like are counted in user mode alone: more is not allowed
};

// Opens all counters that can be had, standing still. Never fails: it may come to none.
void hardware_open(struct hardware *hardware);
void hardware_close(struct hardware *hardware);

// From here on they count; from there on no more. Threads and processes follow, unless they have ended.
void hardware_start(struct hardware *hardware);
void hardware_stop(struct hardware *hardware);

// {"cycles", "instructions", "cache_misses", "migrations", "context_switches", "page_faults", "user_only"}, null for
// each that could not be had; a JSON null where none could. Where the processor has fewer counters than are asked for,
// the kernel lets them take turns: counts are then scaled up.
struct cJSON *hardware_read(const struct hardware *hardware);

// What another program says it has counted, with exactly those members: a number from 0 up, or null for what is no such
// thing. A JSON null for what is no object.
struct cJSON *hardware_copy(const struct cJSON *said);

// Why some are missing: "cycles, instructions and cache misses: this machine has no such counters". False: none is.
bool hardware_reason(const struct hardware *hardware, char buf[HARDWARE_REASON]);

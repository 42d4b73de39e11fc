// SPDX-License-Identifier: MIT
// For switches.c only: the memory in which the kernel leaves records of one CPU (perf_event_open(2), "MMAP layout").
#pragma once

#include <stddef.h>

#include "measure/trace/trace.h"

// The least that a ring can be.
#define SWITCH_RING_LEAST ((size_t)4096)

struct switch_ring {
    int fd; // of the event whose ring it is; not owned
    unsigned cpu;
    void *pages;  // one for the kernel and the reader to tell each other where they are, and then the ring
    size_t bytes; // of the ring
};

// `bytes`: a power of two, at least SWITCH_RING_LEAST. 0 or -errno.
int switch_ring_open(struct switch_ring *ring, int fd, size_t bytes);
void switch_ring_close(struct switch_ring *ring); // accepts a zeroed one

// Calls `keep` for each switch, and with NULL where so many have been lost.
void switch_ring_take(struct switch_ring *ring,
                      void (*keep)(void *data, const struct trace_switch *record, uint64_t lost), void *data);

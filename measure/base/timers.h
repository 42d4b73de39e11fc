// SPDX-License-Identifier: MIT
// Deadlines to the nanosecond for a libuv loop: a queue of (deadline, entry) for those that are added in the order in which they
// are due, as all are that sleep equally long, and a 4-ary heap for the others; driven by one timerfd through uv_poll. uv_timer cannot do this: it counts whole milliseconds from a cached clock and fires early. With no timerfd
// (ENOSYS, EMFILE) it falls back to one uv_timer, rounded up.
//
// Sleepers mostly sleep to their end, so an entry needs no back pointer (16 bytes a sleeper): one that is taken back is looked for.
// Armed timers keep the loop alive, as active handles do; timers without sleepers do not.
// A deadline of UINT64_MAX never comes.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

// Embedded in whatever waits; `fire` is called once, never before the deadline, from the loop.
struct timer_entry {
    void (*fire)(struct timer_entry *entry);
};

struct timers_node {
    uint64_t deadline_ns; // CLOCK_MONOTONIC
    struct timer_entry *entry;
};

struct timers {
    struct timers_node *heap;  // heap[0 … heap_count)
    struct timers_node *queue; // a ring: queue_count from queue_first on, none due before the one ahead of it
    size_t heap_count, queue_first, queue_count;
    size_t count, capacity; // of all; each of the two has room for `capacity`, of which only what is used costs memory
    uint64_t armed_ns;      // what the timerfd is set to; UINT64_MAX: disarmed
    int fd;                 // -1: the uv_timer drives
    uv_poll_t poll;
    uv_timer_t timer;
};

// 0 or -errno. `loop` must outlive the timers; timers_close() must be followed by uv_run() before `timers` is freed.
// Closing forgets who still sleeps: their entries are neither fired nor freed.
int timers_open(struct timers *timers, uv_loop_t *loop);
void timers_close(struct timers *timers);

// Makes room for `count` sleepers so that timers_add cannot fail. 0 or -ENOMEM.
int timers_reserve(struct timers *timers, size_t count);

// Calls entry->fire at `deadline_ns`. 0 or -ENOMEM. O(log n), no system call: arming is left to timers_arm().
int timers_add(struct timers *timers, uint64_t deadline_ns, struct timer_entry *entry);

// Takes back an entry, which must be there: it is not fired. O(n).
void timers_forget(struct timers *timers, const struct timer_entry *entry);

// The earliest deadline; UINT64_MAX: nobody sleeps.
uint64_t timers_next_ns(const struct timers *timers);

// Sets the timerfd to the earliest deadline if that changed. Call once before the loop polls; the timers' own
// callbacks do it after firing.
void timers_arm(struct timers *timers);

// Fires all that are due at `now_ns`, at most `limit` of them, the earliest first (in no order among equals); returns
// how many. `fire` may add sleepers and may free its entry.
size_t timers_fire_due(struct timers *timers, uint64_t now_ns, size_t limit);

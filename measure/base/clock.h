// SPDX-License-Identifier: MIT
// The one clock. Every stamp ccbench takes or prints is CLOCK_MONOTONIC in nanoseconds, so that stamps of
// different threads and processes of one machine can be subtracted.
#pragma once

#include <stdint.h>
#include <time.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

// Now, in ns of CLOCK_MONOTONIC.
static inline uint64_t clock_now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

// CPU time of the calling process (user + system, all its threads, live and joined) and of its waited-for children, ns.
uint64_t clock_cpu_ns(void);

// CPU time of another process, ns; 0 where it cannot be read (it has gone).
uint64_t clock_cpu_of_ns(int pid);

// CPU time of a thread of another process, ns, as /proc/PID/task/TID/schedstat has it; 0 where that cannot be read.
uint64_t clock_cpu_of_thread_ns(int pid, int thread);

// Blocks the calling thread until `deadline_ns`, also through signals. Never returns early.
void clock_sleep_until_ns(uint64_t deadline_ns);

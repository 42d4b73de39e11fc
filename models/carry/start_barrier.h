// SPDX-License-Identifier: MIT
// What a pool's threads wait at until the run begins, and what waits until they have ended it: one futex each, so that the
// start is one system call and nobody queues for a mutex afterwards.
#pragma once

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

// A count that goes down to 0, where one thread waits for it.
struct latch {
    _Atomic uint32_t count;
};

// One of those that are counted is through; the last one wakes the waiter.
static inline void latch_count_down(struct latch *latch)
{
    if (atomic_fetch_sub_explicit(&latch->count, 1, memory_order_acq_rel) == 1)
        syscall(SYS_futex, &latch->count, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static inline void latch_wait(struct latch *latch)
{
    for (uint32_t seen; (seen = atomic_load_explicit(&latch->count, memory_order_acquire)) != 0;)
        syscall(SYS_futex, &latch->count, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

enum start_phase { START_WAITS, START_RUNS, START_OVER };

// Zeroed: closed.
struct start_barrier {
    _Atomic uint32_t phase; // enum start_phase
    struct latch running;   // threads that have not ended their run
};

static inline void start_barrier_await(struct start_barrier *barrier, enum start_phase left)
{
    while (atomic_load_explicit(&barrier->phase, memory_order_acquire) == left)
        syscall(SYS_futex, &barrier->phase, FUTEX_WAIT_PRIVATE, left, NULL, NULL, 0);
}

static inline void start_barrier_enter(struct start_barrier *barrier, enum start_phase phase)
{
    atomic_store_explicit(&barrier->phase, phase, memory_order_release);
    syscall(SYS_futex, &barrier->phase, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

// A thread's: waits for the start; false: there will be none.
static inline bool start_barrier_wait(struct start_barrier *barrier)
{
    start_barrier_await(barrier, START_WAITS);
    return atomic_load(&barrier->phase) == START_RUNS;
}

// A thread's: its run has ended. A pool's threads stay until it is closed, also when there is nothing left to do.
static inline void start_barrier_leave(struct start_barrier *barrier)
{
    latch_count_down(&barrier->running);
    start_barrier_await(barrier, START_RUNS);
}

// The coordinator's: lets `count` threads go, and returns when all have left.
static inline void start_barrier_run(struct start_barrier *barrier, uint32_t count)
{
    atomic_store(&barrier->running.count, count);
    start_barrier_enter(barrier, START_RUNS);
    latch_wait(&barrier->running);
}

// The coordinator's: lets go of whoever still waits, before or after the run.
static inline void start_barrier_close(struct start_barrier *barrier)
{
    start_barrier_enter(barrier, START_OVER);
}

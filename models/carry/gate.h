// SPDX-License-Identifier: MIT
// A gate that a pool's threads wait at until the run begins, and a count of those still at work: one futex each, so that
// opening it is one system call and nobody queues for a mutex afterwards.
#ifndef CCBENCH_MODELS_GATE_H
#define CCBENCH_MODELS_GATE_H

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef _Atomic uint32_t gate_word;

static inline void gate_wait_while(gate_word *word, uint32_t value)
{
    while (atomic_load_explicit(word, memory_order_acquire) == value)
        syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static inline void gate_set(gate_word *word, uint32_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

// Counts down; whoever reaches 0 wakes the waiter.
static inline void gate_leave(gate_word *left)
{
    if (atomic_fetch_sub_explicit(left, 1, memory_order_acq_rel) == 1)
        syscall(SYS_futex, left, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static inline void gate_wait_all(gate_word *left)
{
    for (uint32_t seen; (seen = atomic_load_explicit(left, memory_order_acquire)) != 0;)
        syscall(SYS_futex, left, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

#endif

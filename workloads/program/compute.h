// SPDX-License-Identifier: MIT
// The one CPU-bound kernel: naive Fibonacci, the same object code under every model.
#pragma once

#include <stdatomic.h>
#include <stdint.h>

// Largest n whose value fits the arithmetic here (fib(47) < 2^32 would already compute for minutes).
#define COMPUTE_MAX 60

// fib(n), by the doubly recursive definition, modulo 2^32. Calls checkpoint() about every 20 us.
uint32_t compute(unsigned n);

// A time to compute is this many calls of fib(COMPUTE_UNIT_N), about 0.12 us each: so small that in a slow language, too, many make a millisecond. A call of fib, before anything has
// been measured, takes COMPUTE_CALL_NS.
#define COMPUTE_UNIT_N 10
#define COMPUTE_CALL_NS 0.65

// `times` times fib(n), their sum modulo 2^32.
uint32_t compute_repeated(unsigned n, uint64_t times);

// fib(n) modulo 2^32 without the work, for oracles.
uint32_t compute_expected(unsigned n);

// Calls of the recursive function compute(n) makes: 2·fib(n+1) - 1. The unit of CPU work.
double compute_calls(unsigned n);

// The evaluation loop's "eval breaker": set while somebody wants the computing thread to pause at its next checkpoint.
// Only the gil model sets it and installs the hook.
extern atomic_bool compute_checkpoint_wanted;
extern void (*compute_checkpoint_hook)(void);

static inline void compute_checkpoint(void)
{
    if (atomic_load_explicit(&compute_checkpoint_wanted, memory_order_relaxed))
        compute_checkpoint_hook();
}

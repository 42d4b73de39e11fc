// SPDX-License-Identifier: MIT
#include "workloads/program/compute.h"

#include <stddef.h>

// fib(21) makes 35,421 calls: about 20 us at 0.6 ns a call.
#define UNCHECKED_N 21

atomic_bool compute_checkpoint_wanted;
void (*compute_checkpoint_hook)(void);

static uint32_t fib(unsigned n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

// The upper part of the recursion, down to subtrees of 20 us. Splitting it off keeps the check out of the inner loop,
// so every model runs the same unchecked code for all but a few dozen calls in a million.
uint32_t compute(unsigned n)
{
    uint32_t sum;

    if (n <= UNCHECKED_N) {
        sum = fib(n);
        compute_checkpoint();
        return sum;
    }
    sum = compute(n - 1);
    return sum + compute(n - 2);
}

uint32_t compute_repeated(unsigned n, uint64_t times)
{
    uint32_t sum = 0;

    for (; times > 0; times--)
        sum += compute(n);
    return sum;
}

uint32_t compute_expected(unsigned n)
{
    uint32_t a = 0, b = 1;

    for (unsigned i = 0; i < n; i++) {
        uint32_t next = a + b;

        a = b;
        b = next;
    }
    return a;
}

double compute_calls(unsigned n)
{
    double a = 0, b = 1;

    for (unsigned i = 0; i <= n; i++) {
        double next = a + b;

        a = b;
        b = next;
    }
    return 2 * a - 1;
}

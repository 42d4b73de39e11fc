// SPDX-License-Identifier: MIT
#include "models/carry/stack_size.h"

#include <unistd.h>

#include "models/carry/trial.h"

// Measured on x86-64: the C library keeps 4.3 KiB of each for itself. Waiting and touching memory take less than 1 KiB, fib(35) and
// 60 lists in one another 2 and 4 KiB, starting threads 4 KiB, and a signal 3.4 KiB on top. libcurl takes 7.5 KiB and the resolver
// 9.5 KiB, but what they load (TLS, services of names) has no bound that we know.
static size_t wanted(const struct trial *trial)
{
    if (trial->kinds & STEP_BIT(STEP_FETCH))
        return THREAD_STACK_BYTES;
    if (trial->kinds & (STEP_BIT(STEP_COMPUTE) | STEP_BIT(STEP_GATHER)) || trial->depth > 2)
        return 2 * THREAD_STACK_LEAST;
    return THREAD_STACK_LEAST;
}

size_t thread_stack_bytes(const struct trial *trial)
{
    long least = sysconf(_SC_THREAD_STACK_MIN); // counts this machine's signal frames
    size_t bytes = wanted(trial);

    return least > 0 && (size_t)least > bytes ? (size_t)least : bytes;
}

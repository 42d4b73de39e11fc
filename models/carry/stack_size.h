// SPDX-License-Identifier: MIT
#pragma once

#include <stddef.h>

// Of a thread that runs tasks. Room for libcurl (7.5 KiB) and the resolver (9.5 KiB) many times over; only touched pages
// cost memory. Sanitizers need more.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
#define THREAD_STACK_BYTES ((size_t)1024 * 1024)
#else
#define THREAD_STACK_BYTES ((size_t)256 * 1024)
#endif

// SPDX-License-Identifier: MIT
#pragma once

#include <stddef.h>

struct trial;

// Of a thread that carries a loop or helps one, whatever its tasks do, and the least that any gets; only touched pages cost memory.
// Sanitizers need more.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
#define THREAD_STACK_BYTES ((size_t)1024 * 1024)
#define THREAD_STACK_LEAST THREAD_STACK_BYTES
#else
#define THREAD_STACK_BYTES ((size_t)256 * 1024)
#define THREAD_STACK_LEAST ((size_t)16 * 1024)
#endif

// Of a thread that carries out the trial's steps by blocking, beside its guard page: as little as they need. Small stacks lie close
// together, and so share page tables; and the C library neither unmaps nor trims them when a thread ends.
size_t thread_stack_bytes(const struct trial *trial);

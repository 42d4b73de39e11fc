// SPDX-License-Identifier: MIT
// Memory for the bytes that tasks read or hand over: page-aligned, so that it may go past the page cache, and with every
// page there before the first task.
#pragma once

#include <stddef.h>
#include <stdint.h>

// NULL when out of memory; of 0 bytes, something that may be freed. Freed by buffer_free().
char *buffer_new(size_t bytes);
// The same, in memory that processes share: those forked later, or where `ret_fd` is not NULL, those that get the descriptor.
char *buffer_new_shared(size_t bytes, int *ret_fd);
// `bytes` of it from `offset` on, a multiple of a page, in a process that has got the descriptor.
char *buffer_map_shared(int fd, size_t bytes, size_t offset);
// For what will be received: of zeros, and not there in processes forked later.
char *buffer_new_empty(size_t bytes);
// Keeps a buffer out of processes forked later, and so their page tables small. May be in vain.
void buffer_keep(char *buffer, size_t bytes);
void buffer_free(char *buffer, size_t bytes);

// Reads one byte of each page, as whoever is handed the buffer would to use it. Returns the number of bytes and what it
// read, modulo 2^32: program_payload_check(bytes) for a buffer that is filled.
uint32_t buffer_touch(const char *buffer, size_t bytes);

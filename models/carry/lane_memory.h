// SPDX-License-Identifier: MIT
// Memory that a million lanes need: fresh pages of the kernel's, which are zeroed and aligned.
#pragma once

#include <stddef.h>

// For the lanes of a loop, whichever model's: set-up touches all of it at once, so its pages are
// asked for in one call and not by a fault for each. NULL when out of memory. Give the same number of bytes back.
void *lane_memory_new(size_t bytes);
void lane_memory_free(void *memory, size_t bytes); // accepts NULL

// Pieces that live as long as the whole, one behind the other; as with malloc, a page costs something once it is touched. Zeroed: empty.
struct lane_arena {
    struct lane_arena_block *blocks; // newest first
    char *next, *end;                // of the newest, what is left
};

// A piece of memory, not zeroed; NULL when out of memory.
void *lane_arena_take(struct lane_arena *arena, size_t bytes);
void lane_arena_close(struct lane_arena *arena);

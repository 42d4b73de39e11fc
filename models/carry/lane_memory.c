// SPDX-License-Identifier: MIT
#include "models/carry/lane_memory.h"

#include <stdint.h>
#include <sys/mman.h>

#define BLOCK_BYTES ((size_t)256 * 1024)
// Blocks begin with a line of the caches, so that pieces of whole lines lie in whole lines.
#define BLOCK_ALIGNMENT 64
#define PIECE_ALIGNMENT 16

struct lane_arena_block {
    _Alignas(BLOCK_ALIGNMENT) struct lane_arena_block *older;
    size_t bytes; // with this
};

static void *map(size_t bytes, int flags)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

    return memory != MAP_FAILED ? memory : NULL;
}

void *lane_memory_new(size_t bytes)
{
    return map(bytes, MAP_POPULATE);
}

void lane_memory_free(void *memory, size_t bytes)
{
    if (memory != NULL)
        munmap(memory, bytes);
}

static struct lane_arena_block *new_block(struct lane_arena *arena, size_t piece)
{
    size_t bytes = sizeof(struct lane_arena_block) + piece;
    struct lane_arena_block *block;

    bytes = bytes < BLOCK_BYTES ? BLOCK_BYTES : bytes;
    block = map(bytes, 0);
    if (block == NULL)
        return NULL;
    *block = (struct lane_arena_block){.older = arena->blocks, .bytes = bytes};
    arena->blocks = block;
    arena->next = (char *)(block + 1);
    arena->end = (char *)block + bytes;
    return block;
}

void *lane_arena_take(struct lane_arena *arena, size_t bytes)
{
    size_t piece = (bytes + PIECE_ALIGNMENT - 1) / PIECE_ALIGNMENT * PIECE_ALIGNMENT;
    void *taken;

    if (piece > (size_t)(arena->end - arena->next) && new_block(arena, piece) == NULL)
        return NULL;
    taken = arena->next;
    arena->next += piece;
    return taken;
}

void lane_arena_close(struct lane_arena *arena)
{
    while (arena->blocks != NULL) {
        struct lane_arena_block *older = arena->blocks->older;

        lane_memory_free(arena->blocks, arena->blocks->bytes);
        arena->blocks = older;
    }
    *arena = (struct lane_arena){0};
}

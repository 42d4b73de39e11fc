// SPDX-License-Identifier: MIT
#include "models/carry/loop/deque.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int deque_open(struct deque *deque, uint32_t capacity)
{
    uint64_t size = 1;

    while (size < capacity)
        size *= 2;
    deque->items = calloc(size, sizeof *deque->items);
    if (deque->items == NULL)
        return -ENOMEM;
    deque->mask = size - 1;
    atomic_init(&deque->top, 0);
    atomic_init(&deque->bottom, 0);
    return 0;
}

void deque_close(struct deque *deque)
{
    free((void *)deque->items);
    deque->items = NULL;
}

void deque_put(struct deque *deque, void *item)
{
    uint64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed);

    assert(bottom - atomic_load_explicit(&deque->top, memory_order_relaxed) <= deque->mask);
    atomic_store_explicit(&deque->items[bottom & deque->mask], item, memory_order_relaxed);
    // Publishes the item. In the order of all, so that its owner may then look for idle thieves (green_multi.c).
    atomic_store(&deque->bottom, bottom + 1);
}

void *deque_take(struct deque *deque)
{
    uint64_t top = atomic_load_explicit(&deque->top, memory_order_acquire);

    while (top < atomic_load_explicit(&deque->bottom, memory_order_acquire)) {
        // Read before it is known to be ours; if somebody else takes it, the place may have been used again by now.
        void *item = atomic_load_explicit(&deque->items[top & deque->mask], memory_order_relaxed);

        if (atomic_compare_exchange_weak_explicit(&deque->top, &top, top + 1, memory_order_seq_cst, memory_order_acquire))
            return item;
    }
    return NULL;
}

uint32_t deque_size(const struct deque *deque)
{
    uint64_t top = atomic_load(&deque->top), bottom = atomic_load(&deque->bottom);

    return top < bottom ? (uint32_t)(bottom - top) : 0;
}

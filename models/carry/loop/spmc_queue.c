// SPDX-License-Identifier: MIT
#include "models/carry/loop/spmc_queue.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int spmc_queue_open(struct spmc_queue *queue, uint32_t capacity)
{
    uint64_t size = 1;

    while (size < capacity)
        size *= 2;
    queue->items = calloc(size, sizeof *queue->items);
    if (queue->items == NULL)
        return -ENOMEM;
    queue->mask = size - 1;
    atomic_init(&queue->top, 0);
    atomic_init(&queue->bottom, 0);
    return 0;
}

void spmc_queue_close(struct spmc_queue *queue)
{
    free((void *)queue->items);
    queue->items = NULL;
}

void spmc_queue_push(struct spmc_queue *queue, void *item)
{
    uint64_t bottom = atomic_load_explicit(&queue->bottom, memory_order_relaxed);

    assert(bottom - atomic_load_explicit(&queue->top, memory_order_relaxed) <= queue->mask);
    atomic_store_explicit(&queue->items[bottom & queue->mask], item, memory_order_relaxed);
    // Publishes the item. In the order of all, so that its owner may then look for idle thieves (green_multi.c).
    atomic_store(&queue->bottom, bottom + 1);
}

void *spmc_queue_pop(struct spmc_queue *queue)
{
    uint64_t top = atomic_load_explicit(&queue->top, memory_order_acquire);

    while (top < atomic_load_explicit(&queue->bottom, memory_order_acquire)) {
        // Read before it is known to be ours; if somebody else takes it, the place may have been used again by now.
        void *item = atomic_load_explicit(&queue->items[top & queue->mask], memory_order_relaxed);

        if (atomic_compare_exchange_weak_explicit(&queue->top, &top, top + 1, memory_order_seq_cst,
                                                  memory_order_acquire))
            return item;
    }
    return NULL;
}

uint32_t spmc_queue_size(const struct spmc_queue *queue)
{
    uint64_t top = atomic_load(&queue->top), bottom = atomic_load(&queue->bottom);

    return top < bottom ? (uint32_t)(bottom - top) : 0;
}

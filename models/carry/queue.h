// SPDX-License-Identifier: MIT
// A list of lanes: ready ones, idle ones. An item is in one list at a time.
#pragma once

#include <stddef.h>

// The struct that has `pointer` as its `member`.
#define CONTAINER_OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

struct queue_item {
    struct queue_item *next;
};

struct queue {
    struct queue_item *first, **end;
};

static inline void queue_init(struct queue *queue)
{
    queue->first = NULL;
    queue->end = &queue->first;
}

static inline void queue_push_back(struct queue *queue, struct queue_item *item)
{
    item->next = NULL;
    *queue->end = item;
    queue->end = &item->next;
}

static inline void queue_push_front(struct queue *queue, struct queue_item *item)
{
    item->next = queue->first;
    if (queue->first == NULL)
        queue->end = &item->next;
    queue->first = item;
}

// The first one; NULL when there is none.
static inline struct queue_item *queue_pop(struct queue *queue)
{
    struct queue_item *item = queue->first;

    if (item == NULL)
        return NULL;
    queue->first = item->next;
    if (queue->first == NULL)
        queue->end = &queue->first;
    return item;
}

// SPDX-License-Identifier: MIT
#include "models/carry/mpsc_queue.h"

// That the loop is awake is all there is to do: whoever polls drains the queue afterwards.
static void on_wakeup(uv_async_t *wakeup)
{
}

int mpsc_queue_open(struct mpsc_queue *queue, uv_loop_t *loop)
{
    atomic_init(&queue->newest, NULL);
    atomic_init(&queue->asleep, false);
    atomic_init(&queue->stopped, false);
    return uv_async_init(loop, &queue->wakeup, on_wakeup);
}

void mpsc_queue_close(struct mpsc_queue *queue)
{
    uv_close((uv_handle_t *)&queue->wakeup, NULL);
}

// The producer writes `newest` and then reads `asleep`, the loop the other way round, all in one order (seq_cst): so either
// the loop sees the continuation, or the producer sees that it sleeps.
void mpsc_queue_push(struct mpsc_queue *queue, struct continuation *continuation)
{
    struct continuation *newest = atomic_load_explicit(&queue->newest, memory_order_relaxed);

    do {
        continuation->next = newest;
    } while (!atomic_compare_exchange_weak(&queue->newest, &newest, continuation));
    if (atomic_load(&queue->asleep))
        uv_async_send(&queue->wakeup);
}

void mpsc_queue_wake(struct mpsc_queue *queue)
{
    uv_async_send(&queue->wakeup);
}

void mpsc_queue_stop(struct mpsc_queue *queue)
{
    atomic_store(&queue->stopped, true);
    uv_async_send(&queue->wakeup);
}

bool mpsc_queue_may_sleep(struct mpsc_queue *queue)
{
    atomic_store(&queue->asleep, true);
    if (atomic_load(&queue->newest) == NULL)
        return true;
    atomic_store_explicit(&queue->asleep, false, memory_order_relaxed);
    return false;
}

void mpsc_queue_drain(struct mpsc_queue *queue)
{
    struct continuation *oldest, *next;

    atomic_store_explicit(&queue->asleep, false, memory_order_relaxed);
    if (atomic_load_explicit(&queue->newest, memory_order_relaxed) == NULL)
        return;
    oldest = continuation_oldest_first(atomic_exchange_explicit(&queue->newest, NULL, memory_order_acquire));
    for (; oldest != NULL; oldest = next) {
        next = oldest->next; // before it is run: it may be pushed again at once
        oldest->run(oldest);
    }
}

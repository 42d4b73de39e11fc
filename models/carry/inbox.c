// SPDX-License-Identifier: MIT
#include "models/carry/inbox.h"

// That the loop is awake is all there is to do: whoever polls reads the inbox afterwards.
static void on_bell(uv_async_t *bell)
{
    (void)bell;
}

int inbox_open(struct inbox *inbox, uv_loop_t *loop)
{
    atomic_init(&inbox->letters, NULL);
    atomic_init(&inbox->asleep, false);
    atomic_init(&inbox->stopped, false);
    return uv_async_init(loop, &inbox->bell, on_bell);
}

void inbox_close(struct inbox *inbox)
{
    uv_close((uv_handle_t *)&inbox->bell, NULL);
}

// The sender writes `letters` and then reads `asleep`, the loop the other way round, all in one order (seq_cst): so either
// the loop sees the letter, or the sender sees that it sleeps.
void inbox_send(struct inbox *inbox, struct letter *letter)
{
    struct letter *newest = atomic_load_explicit(&inbox->letters, memory_order_relaxed);

    do {
        letter->next = newest;
    } while (!atomic_compare_exchange_weak(&inbox->letters, &newest, letter));
    if (atomic_load(&inbox->asleep))
        uv_async_send(&inbox->bell);
}

void inbox_ring(struct inbox *inbox)
{
    uv_async_send(&inbox->bell);
}

void inbox_stop(struct inbox *inbox)
{
    atomic_store(&inbox->stopped, true);
    uv_async_send(&inbox->bell);
}

bool inbox_may_sleep(struct inbox *inbox)
{
    atomic_store(&inbox->asleep, true);
    if (atomic_load(&inbox->letters) == NULL)
        return true;
    atomic_store_explicit(&inbox->asleep, false, memory_order_relaxed);
    return false;
}

void inbox_read(struct inbox *inbox)
{
    struct letter *letter, *oldest = NULL, *next;

    atomic_store_explicit(&inbox->asleep, false, memory_order_relaxed);
    if (atomic_load_explicit(&inbox->letters, memory_order_relaxed) == NULL)
        return;
    letter = atomic_exchange_explicit(&inbox->letters, NULL, memory_order_acquire);
    for (; letter != NULL; letter = next) {
        next = letter->next;
        letter->next = oldest;
        oldest = letter;
    }
    for (; oldest != NULL; oldest = next) {
        next = oldest->next; // before it is read: it may be sent again at once
        oldest->read(oldest);
    }
}

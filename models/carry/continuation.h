// SPDX-License-Identifier: MIT
#pragma once

#include <stddef.h>

// How something goes on that waits: embedded in it, and run on its own loop's thread, also where another thread has pushed it
// (mpsc_queue.h). Its owner keeps it alive until then.
struct continuation {
    struct continuation *next; // free for other lists while it is in no queue
    void (*run)(struct continuation *continuation);
};

// Turns a stack of them, the newest first, into a list.
static inline struct continuation *continuation_oldest_first(struct continuation *newest)
{
    struct continuation *oldest = NULL;

    while (newest != NULL) {
        struct continuation *next = newest->next;

        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

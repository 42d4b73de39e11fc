// SPDX-License-Identifier: MIT
// Stackful contexts for green threads: Boost.Context's make_fcontext/jump_fcontext, or ucontext where that library is
// absent, and the switch from one to the next ready one.
//
// All fibers of one scheduler run on one OS thread and never move to another: errno and thread-local addresses may be
// cached by the compiler across a switch.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef CCBENCH_HAVE_FCONTEXT
// Declared here since Boost's own declaration is C++ (boost/context/detail/fcontext.hpp).
struct fiber_transfer {
    void *from; // the context that jumped here, now suspended
    void *data;
};
extern struct fiber_transfer jump_fcontext(void *to, void *data);
extern void *make_fcontext(void *stack_top, size_t size, void (*entry)(struct fiber_transfer));
#else
#include <ucontext.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define FIBER_TSAN 1
#endif
#endif

#ifdef FIBER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

struct fiber_scheduler;

struct fiber {
#ifdef CCBENCH_HAVE_FCONTEXT
    void *context; // valid while suspended
#else
    ucontext_t context;
#endif
    struct fiber *next; // in the ready list
    struct fiber_scheduler *scheduler;
    int status;  // what the park returns
    char *stack; // lowest usable byte; NULL for the scheduler's own
    size_t stack_bytes;
#ifdef FIBER_ASAN
    void *fake_stack;
#endif
#ifdef FIBER_TSAN
    void *tsan;
#endif
};

struct fiber_scheduler {
    struct fiber main;                // the scheduler's own context
    struct fiber *current;            // the fiber that runs, or is just being switched to
    struct fiber *previous;           // the fiber that was left
    struct fiber *ready, **ready_end; // first in, first out
    unsigned budget;                  // switches left before the reactor must be polled
    uint64_t switches;
    void (*body)(struct fiber *fiber); // what a started fiber runs
};

static inline void fiber_push_ready(struct fiber *fiber)
{
    struct fiber_scheduler *scheduler = fiber->scheduler;

    fiber->next = NULL;
    *scheduler->ready_end = fiber;
    scheduler->ready_end = &fiber->next;
}

static inline struct fiber *fiber_pop_ready(struct fiber_scheduler *scheduler)
{
    struct fiber *fiber = scheduler->ready;

    scheduler->ready = fiber->next;
    if (scheduler->ready == NULL)
        scheduler->ready_end = &scheduler->ready;
    return fiber;
}

// What the sanitizers must be told after arriving on a stack.
static inline void fiber_arrived(struct fiber *self)
{
#ifdef FIBER_ASAN
    const void *bottom;
    size_t size;

    __sanitizer_finish_switch_fiber(self->fake_stack, &bottom, &size);
    if (self->scheduler->previous == &self->scheduler->main) {
        self->scheduler->main.stack = (char *)bottom;
        self->scheduler->main.stack_bytes = size;
    }
#endif
}

// Suspends `from`, which must be running, and continues `to`. With `ends`, `from` is never continued.
static inline __attribute__((always_inline)) void fiber_switch(struct fiber *from, struct fiber *to, bool ends)
{
    from->scheduler->previous = from;
    from->scheduler->current = to;
#ifdef FIBER_ASAN
    __sanitizer_start_switch_fiber(ends ? NULL : &from->fake_stack, to->stack, to->stack_bytes);
#endif
#ifdef FIBER_TSAN
    __tsan_switch_to_fiber(to->tsan, 0);
#endif
#ifdef CCBENCH_HAVE_FCONTEXT
    struct fiber_transfer transfer = jump_fcontext(to->context, from);

    ((struct fiber *)transfer.data)->context = transfer.from;
#else
    swapcontext(&from->context, &to->context);
#endif
    fiber_arrived(from);
}

// Leaves the running fiber, which somebody else holds (the reactor, the ready list), for the next ready one, or for the
// scheduler when none is ready or the reactor's turn has come. Returns the status it was woken with.
static inline __attribute__((always_inline)) int fiber_park(struct fiber *self)
{
    struct fiber_scheduler *scheduler = self->scheduler;
    struct fiber *next = &scheduler->main;

    if (scheduler->ready != NULL && scheduler->budget > 0) {
        scheduler->budget--;
        next = fiber_pop_ready(scheduler);
        if (scheduler->ready != NULL)
            __builtin_prefetch(scheduler->ready);
    }
    scheduler->switches++;
    if (next != self) // alone in the ready list: nothing to switch to
        fiber_switch(self, next, false);
    return self->status;
}

// A scheduler on the calling thread.
void fiber_scheduler_init(struct fiber_scheduler *scheduler, void (*body)(struct fiber *fiber));

// Makes a fresh context on the fiber's stack that will run the scheduler's body and then return to the scheduler.
// To be pushed ready or switched to.
void fiber_start(struct fiber *fiber);

// Sanitizers keep a shadow per fiber: made once per fiber, not per context.
void fiber_init(struct fiber *fiber, struct fiber_scheduler *scheduler, char *stack, size_t stack_bytes);
void fiber_release(struct fiber *fiber);

// One mapping for the stacks of all lanes.
struct fiber_stacks {
    char *base;
    size_t slot_bytes, count, mapped_bytes;
    const char *guard; // how overflows are caught: "guard pages" (MADV_GUARD_INSTALL), "mprotect" or "canary"
};

// 0 or -errno. Pages are only touched when a lane runs.
int fiber_stacks_open(struct fiber_stacks *stacks, size_t count);
void fiber_stacks_close(struct fiber_stacks *stacks);
// The usable part of slot `index`; tops are coloured so that lanes do not compete for the same cache sets.
void fiber_stacks_get(const struct fiber_stacks *stacks, size_t index, char **ret_stack, size_t *ret_bytes);
// False when a canary of slot `index` was overwritten; always true with guard pages.
bool fiber_stacks_intact(const struct fiber_stacks *stacks, size_t index);

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

// Of the caches, in bytes.
#define FIBER_LINE 64

struct fiber_scheduler;

struct fiber {
#ifdef CCBENCH_HAVE_FCONTEXT
    void *context; // valid while suspended
#else
    ucontext_t context;
#endif
    struct fiber *next; // in the circle
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

// The ready fibers are a circle, first in, first out, and the fiber that runs is in it too: it comes after the last ready one, and
// the first ready one after it. So to go to the back is to call oneself the last, and nothing is written into another's record.
struct fiber_scheduler {
    struct fiber main;      // the scheduler's own context; not in the circle
    struct fiber *last;     // of the ready ones, or the one that runs, if it is alone; NULL: the circle is empty
    struct fiber *previous; // the fiber that was left for the scheduler
    unsigned budget;        // switches left before the reactor must be polled
    unsigned skew;          // bytes by which stacks begin lower
    bool aligned;           // that is known
    uint64_t switches;
    void (*body)(struct fiber *fiber); // what a started fiber runs
};

// Where none runs: whether one is ready.
static inline bool fiber_any_ready(const struct fiber_scheduler *scheduler)
{
    return scheduler->last != NULL;
}

// One that neither runs nor is ready becomes the last of those that are.
static inline void fiber_push_ready(struct fiber *fiber)
{
    struct fiber *last = fiber->scheduler->last;

    fiber->scheduler->last = fiber;
    if (last == NULL)
        last = fiber;
    else
        fiber->next = last->next;
    last->next = fiber;
}

// Takes the one after the last, which is the one that runs or, where none does, the first ready one, out of the circle.
static inline struct fiber *fiber_take_first(struct fiber_scheduler *scheduler)
{
    struct fiber *first = scheduler->last->next;

    if (first == scheduler->last)
        scheduler->last = NULL;
    else
        scheduler->last->next = first->next;
    return first;
}

// Many fibers are more than the caches hold: what one will touch that has its turn some switches after `next` is fetched before, its
// stack here, and its record by the one ahead of it. Four switches are about as long as the third cache takes, or the memory.
static inline __attribute__((always_inline)) void fiber_look_ahead(const struct fiber *next)
{
    const struct fiber *later = next->next->next->next->next;

    __builtin_prefetch(later->next, 1);
#ifdef CCBENCH_HAVE_FCONTEXT
    __builtin_prefetch(later->context, 1);
#endif
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
#ifdef FIBER_ASAN
    from->scheduler->previous = from; // any that was left, not only for the scheduler
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

// From the scheduler: runs a fiber that is not in the circle, until it, or one that it has gone on to, is back.
static inline void fiber_run(struct fiber *fiber)
{
    struct fiber_scheduler *scheduler = fiber->scheduler;

    if (scheduler->last == NULL)
        scheduler->last = fiber->next = fiber;
    fiber->next = scheduler->last->next;
    scheduler->last->next = fiber;
    fiber_switch(&scheduler->main, fiber, false);
}

// The scheduler, for which the running fiber is left.
static inline struct fiber *fiber_scheduler_for(struct fiber *self)
{
    self->scheduler->previous = self;
    return &self->scheduler->main;
}

// Leaves the running fiber, which somebody else holds (the reactor), for the next ready one, or for the scheduler when none is ready
// or the reactor's turn has come. Returns the status it was woken with.
static inline __attribute__((always_inline)) int fiber_park(struct fiber *self)
{
    struct fiber_scheduler *scheduler = self->scheduler;
    struct fiber *next = self->next;

    scheduler->switches++;
    fiber_take_first(scheduler);
    if (scheduler->last != NULL && scheduler->budget > 0) {
        scheduler->budget--;
        fiber_look_ahead(next);
    } else {
        next = fiber_scheduler_for(self);
    }
    fiber_switch(self, next, false);
    return self->status;
}

// So many times: goes to the back of the ready ones, and on to the first of them, if there is another, or to the scheduler when the
// reactor's turn has come. 0, or what somebody has written into its status meanwhile.
static inline __attribute__((always_inline)) int fiber_yield(struct fiber *self, uint64_t times)
{
    struct fiber_scheduler *scheduler = self->scheduler;

    self->status = 0;
    scheduler->switches += times;
    for (; times > 0 && self->status == 0; times--) {
        struct fiber *next = self->next;

        if (__builtin_expect(scheduler->budget == 0, 0)) {
            next = fiber_scheduler_for(self);
        } else {
            scheduler->budget--;
            if (next == self)
                continue;
            fiber_look_ahead(next);
        }
        scheduler->last = self;
        fiber_switch(self, next, false);
    }
    scheduler->switches -= times;
    return self->status;
}

// A scheduler on the calling thread.
void fiber_scheduler_init(struct fiber_scheduler *scheduler, void (*body)(struct fiber *fiber));

// Makes a fresh context on the fiber's stack that will run the scheduler's body and then return to the scheduler.
// To be pushed ready or switched to.
#ifdef CCBENCH_HAVE_FCONTEXT
void fiber_enter(struct fiber_transfer transfer); // for fiber_start() only

static inline void fiber_start(struct fiber *fiber)
{
#ifdef FIBER_ASAN
    fiber->fake_stack = NULL;
#endif
    fiber->context = make_fcontext(fiber->stack + fiber->stack_bytes - fiber->scheduler->skew, fiber->stack_bytes,
                                   fiber_enter);
}

// What a jump leaves on a stack are 64 bytes. Has the fibers that start from now on leave them in one line of the caches rather than in
// two, if they are parked as deep as this one is: how deep that is only the compiler knows.
static inline void fiber_align(const struct fiber *parked)
{
    parked->scheduler->skew = (uintptr_t)parked->context % FIBER_LINE;
    parked->scheduler->aligned = true;
}
#else
void fiber_start(struct fiber *fiber);

static inline void fiber_align(const struct fiber *parked)
{
}
#endif

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

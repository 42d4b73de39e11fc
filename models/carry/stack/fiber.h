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
#include <stdlib.h>

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

// What one stack takes up. The walk needs a few hundred bytes, a signal 3.4 KiB on top of the guard page; sanitizers need far more.
// Without optimization lists in one another, 64 of them at most, take 12 KiB.
#if defined(FIBER_ASAN) || defined(FIBER_TSAN)
#define FIBER_SLOT_BYTES ((size_t)128 * 1024)
#elif !defined(__OPTIMIZE__)
#define FIBER_SLOT_BYTES ((size_t)64 * 1024)
#else
#define FIBER_SLOT_BYTES ((size_t)16 * 1024)
#endif
// Tops begin in so many lines: half of a page's 64. The rest of it is enough for a walk, a computation and most of what is between.
#define FIBER_COLOURS 32

// One mapping for the stacks of a scheduler's fibers.
struct fiber_stacks {
    char *base;
    size_t count, mapped_bytes;
    const char *guard; // how overflows are caught: "guard pages" (MADV_GUARD_INSTALL), "mprotect" or "canary"
};

struct fiber_scheduler;

// A million of them are parked: so what can be computed is not kept here.
struct fiber {
#ifdef CCBENCH_HAVE_FCONTEXT
    void *context; // valid while suspended
#else
    ucontext_t context;
#endif
    struct fiber *next; // in the circle
    struct fiber_scheduler *scheduler;
    int status;   // what the park returns
    uint32_t top; // of its stack, in lines of the caches from where the scheduler's begin
#ifdef FIBER_ASAN
    char *stack; // lowest usable byte
    size_t stack_bytes;
    void *fake_stack;
#endif
#ifdef FIBER_TSAN
    void *tsan;
#endif
};

// What a started fiber runs: made by FIBER_ENTRY().
#ifdef CCBENCH_HAVE_FCONTEXT
typedef void fiber_entry(struct fiber_transfer transfer);
#else
typedef void fiber_entry(unsigned high, unsigned low);
#endif

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
    fiber_entry *entry;
    struct fiber_stacks stacks;
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
    self->status = 0;
    self->scheduler->switches += times;
    for (; times > 0 && self->status == 0; times--) {
        struct fiber_scheduler *scheduler = self->scheduler; // anew each time: no register is kept for it on the stack
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
    self->scheduler->switches -= times;
    return self->status;
}

// For FIBER_ENTRY() only: a fiber's life on its own stack. Part of the entry, as its body is, so that less is on the stack of one
// that is parked.
static inline __attribute__((always_inline)) void fiber_live(struct fiber *self, void (*body)(struct fiber *fiber))
{
    fiber_arrived(self);
    body(self);
    fiber_take_first(self->scheduler);
    fiber_switch(self, fiber_scheduler_for(self), true);
    abort(); // an ended fiber was continued
}

// Defines the entry `name` of fibers that run `body`, a function of a struct fiber, and then go back to the scheduler.
#ifdef CCBENCH_HAVE_FCONTEXT

static inline struct fiber *fiber_entered(struct fiber_transfer transfer)
{
    struct fiber *from = transfer.data;

    from->context = transfer.from;
    return from->scheduler->last->next;
}

#define FIBER_ENTRY(name, body)                      \
    static void name(struct fiber_transfer transfer) \
    {                                                \
        fiber_live(fiber_entered(transfer), body);   \
    }
#else
// makecontext passes ints only: the fiber's address travels in two halves, as its manual page has it.
#define FIBER_ENTRY(name, body)                                            \
    static void name(unsigned high, unsigned low)                          \
    {                                                                      \
        fiber_live((struct fiber *)(((uintptr_t)high << 32) | low), body); \
    }
#endif

// A scheduler on the calling thread, without stacks as yet (fiber_stacks_open()).
void fiber_scheduler_init(struct fiber_scheduler *scheduler, fiber_entry *entry);

// Makes a fresh context on the fiber's stack that will run the scheduler's entry. To be pushed ready or switched to.
#ifdef CCBENCH_HAVE_FCONTEXT
static inline char *fiber_top(const struct fiber *fiber)
{
    return fiber->scheduler->stacks.base + (size_t)fiber->top * FIBER_LINE - fiber->scheduler->skew;
}

static inline void fiber_start(struct fiber *fiber)
{
#ifdef FIBER_ASAN
    fiber->fake_stack = NULL;
#endif
    fiber->context = make_fcontext(fiber_top(fiber), 0, fiber->scheduler->entry); // the size is of no use to it
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

// With the stack at `place` of the scheduler's. Sanitizers keep a shadow per fiber: made once per fiber, not per context.
void fiber_init(struct fiber *fiber, struct fiber_scheduler *scheduler, uint32_t place);
#ifdef FIBER_TSAN
void fiber_release(struct fiber *fiber);
#else
static inline void fiber_release(struct fiber *fiber)
{
}
#endif

// At which place a fiber's stack is.
static inline size_t fiber_place(const struct fiber *fiber)
{
    return ((size_t)fiber->top * FIBER_LINE - 1) / FIBER_SLOT_BYTES;
}

// 0 or -errno. Pages are only touched when a lane runs.
int fiber_stacks_open(struct fiber_stacks *stacks, size_t count);
void fiber_stacks_close(struct fiber_stacks *stacks);
// The usable part of the stack at `place`; tops are coloured so that lanes do not compete for the same cache sets.
void fiber_stacks_get(const struct fiber_stacks *stacks, size_t place, char **ret_stack, size_t *ret_bytes);
// False when a canary of the stack at `place` was overwritten; always true with guard pages.
bool fiber_stacks_intact(const struct fiber_stacks *stacks, size_t place);

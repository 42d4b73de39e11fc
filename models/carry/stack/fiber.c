// SPDX-License-Identifier: MIT
#include "models/carry/stack/fiber.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure/base/page.h"
#include "measure/base/procfs.h"

// Linux 6.13: a guard without a mapping of its own, so that a million of them do not hit vm.max_map_count.
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

// The walk needs a few hundred bytes, a signal 3.4 KiB on top of the guard page; sanitizers need far more. Without optimization lists in
// one another, 64 of them at most, take 12 KiB.
#if defined(FIBER_ASAN) || defined(FIBER_TSAN)
#define SLOT_BYTES ((size_t)128 * 1024)
#elif !defined(__OPTIMIZE__)
#define SLOT_BYTES ((size_t)64 * 1024)
#else
#define SLOT_BYTES ((size_t)16 * 1024)
#endif
// Half of the page's 64 lines: the rest of it is enough for a walk, a computation and most of what is between.
#define COLOURS 32
#define COLOUR_BYTES 64
#define CANARY UINT64_C(0x5ca1ab1e0ddba115)

void fiber_scheduler_init(struct fiber_scheduler *scheduler, void (*body)(struct fiber *fiber))
{
    *scheduler = (struct fiber_scheduler){.body = body};
    scheduler->main.scheduler = scheduler;
#ifdef FIBER_TSAN
    scheduler->main.tsan = __tsan_get_current_fiber();
#endif
}

void fiber_init(struct fiber *fiber, struct fiber_scheduler *scheduler, char *stack, size_t stack_bytes)
{
    fiber->scheduler = scheduler;
    fiber->stack = stack;
    fiber->stack_bytes = stack_bytes;
#ifdef FIBER_TSAN
    fiber->tsan = __tsan_create_fiber(0);
#endif
}

void fiber_release(struct fiber *fiber)
{
#ifdef FIBER_TSAN
    if (fiber->tsan != NULL)
        __tsan_destroy_fiber(fiber->tsan);
    fiber->tsan = NULL;
#endif
}

static void run_body(struct fiber *self)
{
    struct fiber_scheduler *scheduler = self->scheduler;

    fiber_arrived(self);
    scheduler->body(self);
    fiber_take_first(scheduler);
    fiber_switch(self, fiber_scheduler_for(self), true);
    abort(); // an ended fiber was continued
}

#ifdef CCBENCH_HAVE_FCONTEXT

void fiber_enter(struct fiber_transfer transfer)
{
    struct fiber *from = transfer.data;

    from->context = transfer.from;
    run_body(from->scheduler->last->next);
}

#else

// makecontext passes ints only: the fiber's address travels in two halves, as its manual page has it.
static void entry(unsigned high, unsigned low)
{
    run_body((struct fiber *)(((uintptr_t)high << 32) | low));
}

void fiber_start(struct fiber *fiber)
{
    uintptr_t address = (uintptr_t)fiber;

#ifdef FIBER_ASAN
    fiber->fake_stack = NULL;
#endif
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = fiber->stack;
    fiber->context.uc_stack.ss_size = fiber->stack_bytes;
    fiber->context.uc_link = NULL;
    makecontext(&fiber->context, (void (*)(void))entry, 2, (unsigned)(address >> 32), (unsigned)address);
}

#endif

static size_t max_map_count(void)
{
    uint64_t count;

    return procfs_number(&count, "/proc/sys/vm/max_map_count") ? (size_t)count : 65530; // the kernel's default
}

static int install_guards(const struct fiber_stacks *stacks)
{
    for (size_t i = 0; i < stacks->count; i++) {
        if (madvise(stacks->base + i * stacks->slot_bytes, PAGE_BYTES, MADV_GUARD_INSTALL) != 0)
            return -errno;
    }
    return 0;
}

static int protect_guards(const struct fiber_stacks *stacks)
{
    for (size_t i = 0; i < stacks->count; i++) {
        if (mprotect(stacks->base + i * stacks->slot_bytes, PAGE_BYTES, PROT_NONE) != 0)
            return -errno;
    }
    return 0;
}

static uint64_t *canary_of(const struct fiber_stacks *stacks, size_t index)
{
    return (uint64_t *)(void *)(stacks->base + index * stacks->slot_bytes);
}

static void guard(struct fiber_stacks *stacks)
{
    stacks->guard = "guard pages";
    if (install_guards(stacks) == 0)
        return;
    // Each protected page splits the mapping in two; leave room for everything else.
    stacks->guard = "mprotect";
    if (2 * stacks->count + 1000 < max_map_count() && protect_guards(stacks) == 0)
        return;
    stacks->guard = "canary";
    mprotect(stacks->base, stacks->mapped_bytes, PROT_READ | PROT_WRITE);
    for (size_t i = 0; i < stacks->count; i++)
        *canary_of(stacks, i) = CANARY;
}

int fiber_stacks_open(struct fiber_stacks *stacks, size_t count)
{
    size_t bytes = count * SLOT_BYTES;
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1,
                      0);

    if (base == MAP_FAILED)
        return -errno;
    // A huge page under stacks would cost 2 MiB where one page of 4 KiB is touched. Not every kernel has them: no error.
    madvise(base, bytes, MADV_NOHUGEPAGE);
    *stacks = (struct fiber_stacks){.base = base, .slot_bytes = SLOT_BYTES, .count = count, .mapped_bytes = bytes};
    guard(stacks);
    return 0;
}

void fiber_stacks_close(struct fiber_stacks *stacks)
{
    if (stacks->base != NULL)
        munmap(stacks->base, stacks->mapped_bytes);
    *stacks = (struct fiber_stacks){0};
}

void fiber_stacks_get(const struct fiber_stacks *stacks, size_t index, char **ret_stack, size_t *ret_bytes)
{
    char *slot = stacks->base + index * stacks->slot_bytes;
    bool pages = strcmp(stacks->guard, "canary") != 0;
    size_t lost = pages ? PAGE_BYTES : COLOUR_BYTES;

    *ret_stack = slot + lost;
    *ret_bytes = stacks->slot_bytes - lost - index % COLOURS * (size_t)COLOUR_BYTES;
}

bool fiber_stacks_intact(const struct fiber_stacks *stacks, size_t index)
{
    return strcmp(stacks->guard, "canary") != 0 || *canary_of(stacks, index) == CANARY;
}

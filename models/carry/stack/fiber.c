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

#define CANARY UINT64_C(0x5ca1ab1e0ddba115)

void fiber_scheduler_init(struct fiber_scheduler *scheduler, fiber_entry *entry)
{
    *scheduler = (struct fiber_scheduler){.entry = entry};
    scheduler->main.scheduler = scheduler;
#ifdef FIBER_TSAN
    scheduler->main.tsan = __tsan_get_current_fiber();
#endif
}

// Where the stack at that place ends, in bytes from where the first one begins.
static size_t top_of(size_t place)
{
    return (place + 1) * FIBER_SLOT_BYTES - place % FIBER_COLOURS * FIBER_LINE;
}

void fiber_init(struct fiber *fiber, struct fiber_scheduler *scheduler, uint32_t place)
{
    fiber->scheduler = scheduler;
    fiber->top = (uint32_t)(top_of(place) / FIBER_LINE);
#ifdef FIBER_ASAN
    fiber_stacks_get(&scheduler->stacks, place, &fiber->stack, &fiber->stack_bytes);
#endif
#ifdef FIBER_TSAN
    fiber->tsan = __tsan_create_fiber(0);
#endif
}

#ifdef FIBER_TSAN

void fiber_release(struct fiber *fiber)
{
    if (fiber->tsan != NULL)
        __tsan_destroy_fiber(fiber->tsan);
    fiber->tsan = NULL;
}

#endif

#ifndef CCBENCH_HAVE_FCONTEXT

void fiber_start(struct fiber *fiber)
{
    uintptr_t address = (uintptr_t)fiber;
    char *stack;
    size_t bytes;

#ifdef FIBER_ASAN
    fiber->fake_stack = NULL;
#endif
    fiber_stacks_get(&fiber->scheduler->stacks, fiber_place(fiber), &stack, &bytes);
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = stack;
    fiber->context.uc_stack.ss_size = bytes;
    fiber->context.uc_link = NULL;
    makecontext(&fiber->context, (void (*)(void))fiber->scheduler->entry, 2, (unsigned)(address >> 32),
                (unsigned)address);
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
        if (madvise(stacks->base + i * FIBER_SLOT_BYTES, PAGE_BYTES, MADV_GUARD_INSTALL) != 0)
            return -errno;
    }
    return 0;
}

static int protect_guards(const struct fiber_stacks *stacks)
{
    for (size_t i = 0; i < stacks->count; i++) {
        if (mprotect(stacks->base + i * FIBER_SLOT_BYTES, PAGE_BYTES, PROT_NONE) != 0)
            return -errno;
    }
    return 0;
}

static uint64_t *canary_of(const struct fiber_stacks *stacks, size_t index)
{
    return (uint64_t *)(void *)(stacks->base + index * FIBER_SLOT_BYTES);
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
    const size_t bytes = count * FIBER_SLOT_BYTES;
    void *base;

    if (bytes / FIBER_LINE > UINT32_MAX) // a fiber's top has no room for more
        return -ENOMEM;
    base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (base == MAP_FAILED)
        return -errno;
    // A huge page under stacks would cost 2 MiB where one page of 4 KiB is touched. Not every kernel has them: no error.
    madvise(base, bytes, MADV_NOHUGEPAGE);
    *stacks = (struct fiber_stacks){.base = base, .count = count, .mapped_bytes = bytes};
    guard(stacks);
    return 0;
}

void fiber_stacks_close(struct fiber_stacks *stacks)
{
    if (stacks->base != NULL)
        munmap(stacks->base, stacks->mapped_bytes);
    *stacks = (struct fiber_stacks){0};
}

void fiber_stacks_get(const struct fiber_stacks *stacks, size_t place, char **ret_stack, size_t *ret_bytes)
{
    bool pages = strcmp(stacks->guard, "canary") != 0;

    *ret_stack = stacks->base + place * FIBER_SLOT_BYTES + (pages ? PAGE_BYTES : FIBER_LINE);
    *ret_bytes = (size_t)(stacks->base + top_of(place) - *ret_stack);
}

bool fiber_stacks_intact(const struct fiber_stacks *stacks, size_t place)
{
    return strcmp(stacks->guard, "canary") != 0 || *canary_of(stacks, place) == CANARY;
}

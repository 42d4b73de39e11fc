// SPDX-License-Identifier: MIT
// The shortest program that switches among many contexts: each jumps to the next, after it has counted in a record of its own and
// touched a line of its stack. As limits.c; holds no code of ccbench's.
//
//     limits_contexts N SWITCHES      so many switches among N contexts, in turn; prints "switch ns-per-switch"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#ifndef CCBENCH_HAVE_FCONTEXT
#include <ucontext.h>
#endif

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void *map(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);

    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return memory;
}

#define STACK_BYTES 16384
#define COLOURS 16

static size_t contexts_count, contexts_entered, switches_each;
static uint64_t second_round_ns; // the first touches their memory, and is not told
static char *contexts_stacks;

struct context {
#ifdef CCBENCH_HAVE_FCONTEXT
    void *saved;
#else
    ucontext_t saved;
#endif
    uint64_t count;
} __attribute__((aligned(64)));

static struct context *contexts, context_main;

// Stacks whose tops would all lie in the same few sets of the caches begin a few lines apart.
static char *stack_top(size_t index)
{
    return contexts_stacks + (index + 1) * STACK_BYTES - index % COLOURS * 64;
}

#ifdef CCBENCH_HAVE_FCONTEXT

struct transfer {
    void *from, *data;
};
extern struct transfer jump_fcontext(void *to, void *data);
extern void *make_fcontext(void *stack_top, size_t size, void (*entry)(struct transfer));

static inline void jump(struct context *from, struct context *to)
{
    struct transfer came = jump_fcontext(to->saved, &from->saved);

    *(void **)came.data = came.from;
}

#else

static inline void jump(struct context *from, struct context *to)
{
    swapcontext(&from->saved, &to->saved);
}

#endif

static void go_round(void)
{
    size_t index = contexts_entered++, after = (index + 1) % contexts_count, then = (index + 2) % contexts_count;
    volatile char line[64];

    for (size_t i = 0; i < switches_each; i++) {
        if (index == 0 && i == 1)
            second_round_ns = now_ns();
        contexts[index].count++;
        line[i % sizeof line] = 1;
        __builtin_prefetch(&contexts[then], 1);
        __builtin_prefetch(stack_top(then) - 128, 1);
        jump(&contexts[index], &contexts[after]);
    }
    jump(&contexts[index], &context_main);
}

#ifdef CCBENCH_HAVE_FCONTEXT

static void enter(struct transfer came)
{
    *(void **)came.data = came.from;
    go_round();
}

static void make(size_t index)
{
    contexts[index].saved = make_fcontext(stack_top(index), STACK_BYTES - COLOURS * 64, enter);
}

#else

static void make(size_t index)
{
    getcontext(&contexts[index].saved);
    contexts[index].saved.uc_stack = (stack_t){.ss_sp = contexts_stacks + index * STACK_BYTES,
                                               .ss_size = STACK_BYTES - COLOURS * 64};
    makecontext(&contexts[index].saved, go_round, 0);
}

#endif

int main(int argc, char **argv)
{
    const size_t switches = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;

    contexts_count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    switches_each = contexts_count > 0 ? switches / contexts_count : 0;
    if (switches_each < 2) {
        fputs("usage: limits_contexts N SWITCHES, two each at least\n", stderr);
        return 2;
    }
    contexts = map(contexts_count * sizeof *contexts);
    contexts_stacks = map(contexts_count * STACK_BYTES);
    for (size_t i = 0; i < contexts_count; i++)
        make(i);
    jump(&context_main, &contexts[0]); // the first to end its rounds returns here
    printf("switch %.2f\n", (double)(now_ns() - second_round_ns) / (double)(contexts_count * (switches_each - 1)));
    return 0;
}

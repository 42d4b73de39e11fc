// SPDX-License-Identifier: MIT
// Green threads: the blocking program's functions, where waiting switches to another stack, all on one thread.
// cc green.c -o green
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#define PAGES 5

struct visit {
    const char *page;
    char line[64];
};

// The scheduler: all wait equally long, so that who began first is the first to be switched to.
struct timer {
    double due;
    int green;
};

static double seconds = 0.05;
static struct visit visits[PAGES] = {{"index", ""}, {"about", ""}, {"news", ""}, {"missing", ""}, {"contact", ""}};
static ucontext_t scheduler, greens[PAGES];
static char stacks[PAGES][64 * 1024];
static struct timer timers[2 * PAGES];
static int first, last, running;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void wait_for(double how_long)
{
    timers[last++] = (struct timer){now() + how_long, running};
    swapcontext(&greens[running], &scheduler);
}

// The number of letters, or -1: there is no such page.
static int fetch(const char *page)
{
    wait_for(seconds);
    return strcmp(page, "missing") == 0 ? -1 : (int)strlen(page);
}

static void visit(int i)
{
    struct visit *it = &visits[i];
    int letters = fetch(it->page);

    if (letters >= 0)
        letters += fetch(it->page);
    if (letters < 0)
        snprintf(it->line, sizeof it->line, "%s: no page %s", it->page, it->page);
    else
        snprintf(it->line, sizeof it->line, "%s: %d letters", it->page, letters);
}

static void start(int i)
{
    getcontext(&greens[i]);
    greens[i].uc_stack.ss_sp = stacks[i];
    greens[i].uc_stack.ss_size = sizeof stacks[i];
    greens[i].uc_link = &scheduler;
    makecontext(&greens[i], (void (*)(void))visit, 1, i);
    running = i;
    swapcontext(&scheduler, &greens[i]);
}

static void run_scheduler(void)
{
    while (first < last) {
        struct timer timer = timers[first++];
        double left = timer.due - now();
        struct timespec rest = {(time_t)left, (long)((left - (double)(time_t)left) * 1e9)};

        if (left > 0)
            nanosleep(&rest, NULL);
        running = timer.green;
        swapcontext(&scheduler, &greens[running]);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1)
        seconds = atof(argv[1]);
    for (int i = 0; i < PAGES; i++)
        start(i);
    run_scheduler();
    for (int i = 0; i < PAGES; i++)
        puts(visits[i].line);
    return 0;
}

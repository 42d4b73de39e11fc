// SPDX-License-Identifier: MIT
// Callbacks: whoever waits says what is to be called then, all on one thread. cc callbacks.c -o callbacks
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGES 5

struct visit {
    const char *page;
    char line[64];
    int letters;
    void (*then)(struct visit *it, int letters); // what is called with the answer
};

// The loop: all wait equally long, so that who began first is the first to be called.
struct timer {
    double due;
    struct visit *it;
};

static double seconds = 0.05;
static struct visit visits[PAGES] = {
    {.page = "index"}, {.page = "about"}, {.page = "news"}, {.page = "missing"}, {.page = "contact"}};
static struct timer timers[2 * PAGES];
static int first, last;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void wait_for(double how_long)
{
    struct timespec rest = {(time_t)how_long, (long)((how_long - (double)(time_t)how_long) * 1e9)};

    nanosleep(&rest, NULL);
}

// `then` is called with the number of letters, or with -1: there is no such page.
static void fetch(struct visit *it, void (*then)(struct visit *it, int letters))
{
    it->then = then;
    timers[last++] = (struct timer){now() + seconds, it};
}

static void run_loop(void)
{
    while (first < last) {
        struct timer timer = timers[first++];
        double left = timer.due - now();

        if (left > 0)
            wait_for(left);
        timer.it->then(timer.it, strcmp(timer.it->page, "missing") == 0 ? -1 : (int)strlen(timer.it->page));
    }
}

static void fetched_both(struct visit *it, int letters)
{
    snprintf(it->line, sizeof it->line, "%s: %d letters", it->page, it->letters + letters);
}

static void fetched_first(struct visit *it, int letters)
{
    if (letters < 0) {
        snprintf(it->line, sizeof it->line, "%s: no page %s", it->page, it->page);
        return;
    }
    it->letters = letters;
    fetch(it, fetched_both);
}

static void visit(struct visit *it)
{
    fetch(it, fetched_first);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        seconds = atof(argv[1]);
    for (int i = 0; i < PAGES; i++)
        visit(&visits[i]);
    run_loop();
    for (int i = 0; i < PAGES; i++)
        puts(visits[i].line);
    return 0;
}

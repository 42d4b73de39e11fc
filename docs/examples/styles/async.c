// SPDX-License-Identifier: MIT
// Coroutines without a stack, which C has not: what a compiler makes of async and await is written by hand. A function that waits
// returns, its variables stay in a frame, and it is resumed where it had stopped. cc async.c -o async
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGES 5

struct fetch {
    int at; // where it goes on
    const char *page;
    int letters; // what it returns
};

struct visit {
    int at;
    const char *page;
    char line[64];
    int letters;
    struct fetch fetch; // the one that it awaits
};

// The loop: all wait equally long, so that who began first is the first to be resumed.
struct timer {
    double due;
    struct visit *it;
};

static double seconds = 0.05;
static struct visit visits[PAGES] = {
    {.page = "index"}, {.page = "about"}, {.page = "news"}, {.page = "missing"}, {.page = "contact"}};
static struct timer timers[3 * PAGES];
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

// False: it waits. The number of letters, or -1: there is no such page.
static bool fetch(struct visit *task, struct fetch *it)
{
    switch (it->at) {
    case 0:
        timers[last++] = (struct timer){now() + seconds, task};
        it->at = 1;
        return false;
    default:
        it->letters = strcmp(it->page, "missing") == 0 ? -1 : (int)strlen(it->page);
        return true;
    }
}

static bool visit(struct visit *it)
{
    switch (it->at) {
    case 0:
        it->fetch = (struct fetch){.page = it->page};
        it->at = 1;
        // fall through
    case 1:
        if (!fetch(it, &it->fetch))
            return false;
        it->letters = it->fetch.letters;
        if (it->letters < 0)
            break;
        it->fetch = (struct fetch){.page = it->page};
        it->at = 2;
        // fall through
    case 2:
        if (!fetch(it, &it->fetch))
            return false;
        it->letters += it->fetch.letters;
    }
    if (it->letters < 0)
        snprintf(it->line, sizeof it->line, "%s: no page %s", it->page, it->page);
    else
        snprintf(it->line, sizeof it->line, "%s: %d letters", it->page, it->letters);
    return true;
}

static void run_loop(void)
{
    while (first < last) {
        struct timer timer = timers[first++];
        double left = timer.due - now();

        if (left > 0)
            wait_for(left);
        visit(timer.it);
    }
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

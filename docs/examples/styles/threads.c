// SPDX-License-Identifier: MIT
// Blocking: a thread for each page. cc threads.c -o threads -pthread
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGES 5

struct visit {
    const char *page;
    char line[64];
};

static double seconds = 0.05;
static struct visit visits[PAGES] = {{"index", ""}, {"about", ""}, {"news", ""}, {"missing", ""}, {"contact", ""}};

static void wait_for(double how_long)
{
    struct timespec rest = {(time_t)how_long, (long)((how_long - (double)(time_t)how_long) * 1e9)};

    nanosleep(&rest, NULL);
}

// The number of letters, or -1: there is no such page.
static int fetch(const char *page)
{
    wait_for(seconds);
    return strcmp(page, "missing") == 0 ? -1 : (int)strlen(page);
}

static void *visit(void *data)
{
    struct visit *it = data;
    int letters = fetch(it->page);

    if (letters >= 0)
        letters += fetch(it->page);
    if (letters < 0)
        snprintf(it->line, sizeof it->line, "%s: no page %s", it->page, it->page);
    else
        snprintf(it->line, sizeof it->line, "%s: %d letters", it->page, letters);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[PAGES];

    if (argc > 1)
        seconds = atof(argv[1]);
    for (int i = 0; i < PAGES; i++) {
        if (pthread_create(&threads[i], NULL, visit, &visits[i]) != 0)
            return 1;
    }
    for (int i = 0; i < PAGES; i++) {
        pthread_join(threads[i], NULL);
        puts(visits[i].line);
    }
    return 0;
}

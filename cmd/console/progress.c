// SPDX-License-Identifier: MIT
#include "cmd/console/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/console/terminal.h"
#include "measure/base/clock.h"
#include "measure/base/text.h"

#define LINE_EVERY_NS (10 * NS_PER_S)
#define BAR_CELLS 24

void progress_open(struct progress *progress, bool quiet)
{
    const char *term = getenv("TERM");

    *progress = (struct progress){
        .quiet = quiet,
        .terminal = isatty(STDERR_FILENO) && (term == NULL || strcmp(term, "dumb") != 0),
        .utf8 = terminal_utf8(),
        .width = terminal_width(STDERR_FILENO),
        .start_ns = clock_now_ns(),
    };
    progress->next_line_ns = progress->start_ns + LINE_EVERY_NS;
}

static void write_bar(char bar[BAR_CELLS * 3 + 1], const struct progress *progress)
{
    int full = (int)(progress->done * BAR_CELLS + 0.5);

    bar[0] = '\0';
    for (int i = 0; i < BAR_CELLS; i++) {
        if (progress->utf8)
            strcat(bar, i < full ? "\u2501" : "\u2500");
        else
            strcat(bar, i < full ? "#" : "-");
    }
}

// What goes on, fit for printing; to be freed with free(). NULL: no memory.
static char *clean_line(const struct progress *progress, const char *between)
{
    char *line, *clean;

    if (asprintf(&line, "%s%s%s%s%s%s%llu s left", progress->workload, between, progress->stage, between,
                 progress->model, between, (unsigned long long)((progress->left_ns + NS_PER_S / 2) / NS_PER_S)) < 0)
        return NULL;
    clean = text_clean(line, progress->utf8);
    free(line);
    return clean;
}

static void show_bar(struct progress *progress)
{
    char bar[BAR_CELLS * 3 + 1], *clean = clean_line(progress, "  ");

    if (clean == NULL)
        return;
    progress->width = terminal_width(STDERR_FILENO); // which may have changed
    write_bar(bar, progress);
    // The bar only where all of it fits: a wrapped line could not be taken away again.
    if (text_width(clean) + BAR_CELLS + 2 < progress->width)
        fprintf(stderr, "\r\033[K%s  %s", bar, clean);
    else
        fprintf(stderr, "\r\033[K%.*s", (int)text_cut(clean, progress->width - 1), clean);
    fflush(stderr);
    free(clean);
    progress->shown = true;
}

void progress_show(struct progress *progress)
{
    uint64_t now_ns = clock_now_ns();

    if (progress->quiet || progress->workload == NULL)
        return;
    if (progress->terminal) {
        show_bar(progress);
    } else if (now_ns >= progress->next_line_ns) {
        char *clean = clean_line(progress, ", ");

        progress->next_line_ns = now_ns + LINE_EVERY_NS;
        fprintf(stderr, "ccbench: %s\n", clean != NULL ? clean : "out of memory");
        free(clean);
    }
}

void progress_tell(struct progress *progress, const char *workload, const char *model, uint64_t left_ns)
{
    double spent_ns = (double)(clock_now_ns() - progress->start_ns);

    progress->workload = workload;
    progress->model = model;
    progress->left_ns = left_ns;
    progress->done = spent_ns / (spent_ns + (double)left_ns);
    progress_show(progress);
}

void progress_clear(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->shown = false;
}

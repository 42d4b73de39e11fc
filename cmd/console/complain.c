// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/console/terminal.h"
#include "measure/base/secrets.h"
#include "measure/base/text.h"
#include "measure/base/utf8.h"
#include "measure/machine/limits.h"

static const char no_memory[] = "out of memory";

// The limit that was in the way, where the line says that memory ended.
static void write_limit(const char *line)
{
    char limit[LIMIT_TEXT];

    if (strncmp(line, no_memory, strlen(no_memory)) == 0 && limit_of_memory(limit)[0] != '\0')
        fprintf(stderr, " (%s)", limit);
}

int complain(const char *format, ...)
{
    char *line = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&line, format, arguments) < 0)
        line = NULL;
    va_end(arguments);
    // What was typed, or stood in a file, may hold anything: one line, and nothing a terminal would obey.
    fflush(stdout);
    fputs("ccbench: ", stderr);
    text_write(stderr, line != NULL ? line : no_memory, terminal_utf8());
    write_limit(line != NULL ? line : no_memory);
    fputc('\n', stderr);
    free(line);
    return EXIT_USAGE;
}

int complain_of(int err)
{
    return complain("%s", err == -ENOMEM ? no_memory : strerror(-err));
}

int complain_masked(const char *option, const char *value, const char *wrong)
{
    char *masked = secrets_mask(value);
    int status = complain("--%s: '%s': %s", option, masked != NULL ? masked : "", wrong);

    free(masked);
    return status;
}

int complain_set_apart(const char *option, const char *value, const char *plain)
{
    return complain("--%s: invalid value '%.*s': %s; write %.*s", option, UTF8_CLIPPED(value, 60),
                    strchr(value, ',') != NULL ? "a comma separates values" : "the digits of a number stand together",
                    UTF8_CLIPPED(plain, 60));
}

#define WORD 32

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;

    return ab < c ? ab : c;
}

// Levenshtein's distance with one row (Wagner and Fischer 1974); capitals are as small letters. Words are at most WORD - 1 long.
static unsigned distance(const char *a, const char *b)
{
    unsigned row[WORD];
    size_t length = strlen(b);

    for (size_t j = 0; j <= length; j++)
        row[j] = (unsigned)j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i + 1;
        for (size_t j = 0; j < length; j++) {
            unsigned above = row[j + 1];

            row[j + 1] = least(above + 1, row[j] + 1,
                               diagonal + (tolower((unsigned char)a[i]) != tolower((unsigned char)b[j])));
            diagonal = above;
        }
    }
    return row[length];
}

// "fibonacci" and "fib": one is how the other begins.
static bool begins_alike(const char *a, const char *b)
{
    size_t shorter = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

    return shorter >= 3 && strncasecmp(a, b, shorter) == 0;
}

const char *nearest(const char *word, const char *(*next)(unsigned i))
{
    const char *best = NULL, *candidate;
    size_t letters = strlen(word);
    unsigned best_distance = letters <= 3 ? 2 : (unsigned)letters / 3 + 2; // about a third of the letters, at least one

    if (letters >= WORD)
        return NULL;
    for (unsigned i = 0; (candidate = next(i)) != NULL; i++) {
        unsigned d = strlen(candidate) < WORD ? distance(word, candidate) : best_distance;

        if (d < best_distance) {
            best = candidate;
            best_distance = d;
        }
    }
    for (unsigned i = 0; best == NULL && (candidate = next(i)) != NULL; i++)
        best = begins_alike(word, candidate) ? candidate : NULL;
    return best;
}

static bool output_told;

int complain_of_output(void)
{
    int err = errno;

    if (!output_told)
        complain("cannot write to standard output: %s", strerror(err));
    output_told = true;
    return EXIT_USAGE;
}

int finish_output(int status)
{
    // As util-linux's closestream: a write may fail as late as here.
    int failed = ferror(stdout), closed = fclose(stdout);

    return (failed || closed != 0) && errno != EPIPE ? complain_of_output() : status;
}

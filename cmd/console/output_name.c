// SPDX-License-Identifier: MIT
#include "cmd/console/output_name.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "cmd/console/options.h"
#include "measure/base/text.h"
#include "measure/machine/job_rank.h"

static char *names[OPTIONS_OUTPUTS];
static size_t names_count;

// What a host is called is no folder.
static void write_host(FILE *out)
{
    struct utsname name;

    if (uname(&name) < 0 || name.nodename[0] == '\0') {
        fputs("localhost", out);
        return;
    }
    for (const char *c = name.nodename; *c != '\0'; c++)
        fputc(isalnum((unsigned char)*c) || strchr("-_.", *c) != NULL ? *c : '_', out);
}

// The same for all names of one process. Not time(): it reads the clock as of the last tick, and may name the second before (time(2)).
static time_t began(void)
{
    static struct timespec at;

    if (at.tv_sec == 0)
        clock_gettime(CLOCK_REALTIME, &at);
    return at.tv_sec;
}

static int write_expanded(FILE *out, const char *pattern)
{
    for (const char *c = pattern; *c != '\0'; c++) {
        if (*c != '%') {
            fputc(*c, out);
            continue;
        }
        switch (*++c) {
        case 'h':
            write_host(out);
            break;
        case 't':
            fprintf(out, "%lld", (long long)began());
            break;
        case 'r':
            fputs(job_rank() != NULL ? job_rank() : "0", out);
            break;
        case '%':
            fputc('%', out);
            break;
        default:
            return -EINVAL;
        }
    }
    return 0;
}

int output_name_expand(const char *pattern, const char **ret_name, char expected[OPTION_EXPECTED])
{
    struct text_stream name;
    int err, closed;

    if (strchr(pattern, '%') == NULL) {
        *ret_name = pattern;
        return 0;
    }
    if (names_count == OPTIONS_OUTPUTS || text_stream_open(&name) != 0)
        return -ENOMEM;
    err = write_expanded(name.out, pattern);
    closed = text_stream_close(&name);
    if (err == 0)
        err = closed;
    if (err == 0) {
        *ret_name = names[names_count++] = name.text;
        return 0;
    }
    free(name.text);
    snprintf(expected, OPTION_EXPECTED, "behind a %% one of h (host), t (time), r (rank) or another %%");
    return err;
}

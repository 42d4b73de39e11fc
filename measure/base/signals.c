// SPDX-License-Identifier: MIT
#include "measure/base/signals.h"

#include <stddef.h>
#include <string.h>

static const struct {
    int number;
    const char *name;
} endings[] = {{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}};

#define ENDINGS (sizeof endings / sizeof *endings)

bool signals_hangup_ignored(void)
{
    struct sigaction now;

    return sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void signals_add_endings(sigset_t *signals)
{
    for (size_t i = 0; i < ENDINGS; i++)
        if (endings[i].number != SIGHUP || !signals_hangup_ignored())
            sigaddset(signals, endings[i].number);
}

const char *signals_name(int number)
{
    for (size_t i = 0; i < ENDINGS; i++)
        if (endings[i].number == number)
            return endings[i].name;
    return NULL;
}

int signals_number(const char *name)
{
    for (size_t i = 0; i < ENDINGS; i++)
        if (strcmp(endings[i].name, name) == 0)
            return endings[i].number;
    return 0;
}

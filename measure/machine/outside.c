// SPDX-License-Identifier: MIT
#include "measure/machine/outside.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static struct {
    bool known;
    struct rlimit limits[RLIM_NLIMITS];
    int slack_ns;
    bool ignored[NSIG];
    sigset_t mask;
} outside;

void outside_remember(void)
{
    for (int i = 0; i < RLIM_NLIMITS; i++)
        getrlimit(i, &outside.limits[i]);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;

        outside.ignored[number] = sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
    }
    outside.slack_ns = prctl(PR_GET_TIMERSLACK);
    sigprocmask(SIG_SETMASK, NULL, &outside.mask);
    outside.known = true;
}

void outside_restore(void)
{
    if (!outside.known)
        return;
    for (int i = 0; i < RLIM_NLIMITS; i++)
        setrlimit(i, &outside.limits[i]);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action = {.sa_handler = outside.ignored[number] ? SIG_IGN : SIG_DFL};

        if (number != SIGKILL && number != SIGSTOP)
            sigaction(number, &action, NULL);
    }
    if (outside.slack_ns > 0)
        prctl(PR_SET_TIMERSLACK, (unsigned long)outside.slack_ns);
    sigprocmask(SIG_SETMASK, &outside.mask, NULL);
}

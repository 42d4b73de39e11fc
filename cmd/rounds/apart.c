// SPDX-License-Identifier: MIT
#include "cmd/rounds/apart.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const int handed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

static bool has_children(void)
{
    siginfo_t info;

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

// Whether other processes' orphans become this one's children.
static bool gets_orphans(void)
{
    int subreaper = 0;

    return getpid() == 1 || (prctl(PR_GET_CHILD_SUBREAPER, &subreaper) == 0 && subreaper != 0);
}

static _Noreturn void end_as(int status)
{
    sigset_t none;

    if (WIFSIGNALED(status)) {
        prctl(PR_SET_DUMPABLE, 0); // one core is enough
        signal(WTERMSIG(status), SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        raise(WTERMSIG(status));
    }
    _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

static _Noreturn void stand_by(pid_t child, const sigset_t *signals)
{
    siginfo_t info;
    int status;

    while (waitpid(child, &status, WNOHANG) == 0) {
        // What the terminal sends, it sends to both.
        if (sigwaitinfo(signals, &info) > 0 && info.si_signo != SIGCHLD && info.si_code != SI_KERNEL)
            kill(child, info.si_signo);
    }
    end_as(status);
}

static void become_child(pid_t parent, const sigset_t *mask)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    sigprocmask(SIG_SETMASK, mask, NULL);
}

int apart_from_inherited_children(void)
{
    pid_t parent = getpid(), child;
    sigset_t signals, before;

    if (!has_children() && !gets_orphans())
        return 0;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    for (size_t i = 0; i < sizeof handed_on / sizeof *handed_on; i++)
        sigaddset(&signals, handed_on[i]);
    signal(SIGCHLD, SIG_DFL);
    fflush(NULL);
    sigprocmask(SIG_BLOCK, &signals, &before);
    child = fork();
    if (child > 0)
        stand_by(child, &signals);
    if (child < 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        return -errno;
    }
    become_child(parent, &before);
    return 0;
}

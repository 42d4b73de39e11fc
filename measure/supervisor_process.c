// SPDX-License-Identifier: MIT
// What is of the supervising process and not of one trial: its signals, and its children.
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/base/procfs.h"
#include "measure/base/signals.h"
#include "measure/supervisor.h"

static struct {
    int signal_fd;
    sigset_t old_mask;
    int interrupted;
    unsigned interruptions;
    pid_t spared;
} supervisor = {.signal_fd = -1};

int supervisor_open(void)
{
    sigset_t signals;

    if (supervisor.signal_fd >= 0) // which tells a forked process of its own signals, too
        return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 ? 0 : -errno;
    sigemptyset(&signals);
    signals_add_endings(&signals);
    sigaddset(&signals, SIGCHLD);
    // A shell starts background jobs with SIGINT ignored. Trials must not inherit that, nor depend on whether an ignored
    // signal is queued while it is blocked.
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    if (sigprocmask(SIG_BLOCK, &signals, &supervisor.old_mask) != 0)
        return -errno;
    supervisor.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (supervisor.signal_fd < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return -errno;
    return 0;
}

int supervisor_interrupted(void)
{
    struct signalfd_siginfo info;

    while (supervisor.signal_fd >= 0 && read(supervisor.signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            continue;
        supervisor.interruptions++;
        if (supervisor.interrupted == 0)
            supervisor.interrupted = (int)info.ssi_signo;
    }
    return supervisor.interrupted;
}

unsigned supervisor_interruptions(void)
{
    supervisor_interrupted();
    return supervisor.interruptions;
}

int supervisor_signals(void)
{
    return supervisor.signal_fd;
}

void supervisor_child_setup(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    sigprocmask(SIG_SETMASK, &supervisor.old_mask, NULL);
    setpgid(0, 0); // a Ctrl-C in the terminal is for ccbench, which then ends its trial
}

void supervisor_spare(pid_t pid)
{
    supervisor.spared = pid;
}

void supervisor_how_ended(int status, char how[SUPERVISOR_HOW])
{
    if (WIFSIGNALED(status))
        snprintf(how, SUPERVISOR_HOW, "was killed by signal %d (%.40s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(how, SUPERVISOR_HOW, "ended with status %d", WEXITSTATUS(status));
}

// Unless it is spared.
static int end_child(int pid, void *data)
{
    bool *any = data;

    if (pid == supervisor.spared)
        return 0;
    *any = true;
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return 0;
}

void supervisor_clean(void)
{
    bool any;

    // Killing a child makes its children ours, until no more turn up. All of one look at a time: there may be thousands.
    do {
        any = false;
        procfs_children(getpid(), end_child, &any);
    } while (any);
}

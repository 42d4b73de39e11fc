// SPDX-License-Identifier: MIT
#include "models/carry/stack/workers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/machine/limits.h"

int workers_open(struct workers *workers, struct trial *trial, uint32_t count)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t children;

    *workers = (struct workers){.child_fd = -1};
    workers->pids = shared_new(count * sizeof *workers->pids, NULL);
    if (workers->pids == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory for %u workers", count);
    workers->count = count;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &children, &workers->old_mask) != 0)
        return trial_fail(trial, -errno, "cannot block SIGCHLD: %s", strerror(errno));
    sigaction(SIGPIPE, &ignore, &workers->old_pipe);
    workers->masked = true;
    workers->child_fd = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    return workers->child_fd >= 0 ? 0 : trial_fail(trial, -errno, "cannot watch workers: %s", strerror(errno));
}

int worker_run(struct trial *trial, uint32_t index, char *reply, void (*run)(struct lane *lane), void *data)
{
    struct lane_extra extra = {.reply = reply,
                               .borrowed = true}; // of what is the parent's heap no page is copied for it
    struct lane lane = {.extra = &extra};
    int err = lane_open_blocking(&lane, trial, index);

    if (err == 0) {
        lane.own = data;
        lane_use_steps(&lane, blocking_steps_of_process);
        run(&lane);
    }
    lane_close_blocking(&lane);
    return err;
}

static _Noreturn void child_main(struct workers *workers, struct trial *trial, uint32_t index,
                                 void (*run)(struct lane *), void *data, pid_t parent)
{
    char *reply = workers->replies != NULL ? workers->replies + index * workers->reply_stride : NULL;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) // it died before the line above
        _exit(EXIT_FAILURE);
    // Of what is the parent's nothing is written and little called, for each page costs a fault. SIGCHLD stays blocked: a worker
    // waits for children of its own by number.
    close(workers->child_fd);
    // _exit: atexit handlers and buffers are the parent's.
    _exit(worker_run(trial, index, reply, run, data) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static int note_started(struct workers *workers, struct trial *trial, uint32_t index, pid_t pid, int err)
{
    char limit[LIMIT_TEXT];

    if (err != 0)
        return trial_fail(trial, err, "processes stop at %u of %u: %s (%s)", index, workers->count, strerror(-err),
                          limit_of_processes(limit));
    workers->pids[index] = pid;
    return 0;
}

int workers_fork(struct workers *workers, struct trial *trial, uint32_t index, void (*run)(struct lane *lane),
                 void *data)
{
    pid_t parent = getpid(), pid = fork();

    if (pid == 0)
        child_main(workers, trial, index, run, data, parent);
    return note_started(workers, trial, index, pid, pid < 0 ? -errno : 0);
}

int workers_spawn(struct workers *workers, struct trial *trial, uint32_t index, struct handover given)
{
    pid_t pid = 0;
    int err = spawn_worker(trial, &given, index, &workers->old_mask, &pid);

    return note_started(workers, trial, index, pid, err);
}

void workers_settle(struct workers *workers)
{
    struct signalfd_siginfo info;

    // One signal may stand for several children.
    while (read(workers->child_fd, &info, sizeof info) == (ssize_t)sizeof info)
        ;
}

bool workers_reap(struct workers *workers, uint32_t *ret_index, int *ret_status)
{
    pid_t pid;

    while ((pid = waitpid(-1, ret_status, WNOHANG)) > 0) {
        for (uint32_t i = 0; i < workers->count; i++) {
            if (workers->pids[i] == pid) {
                workers->pids[i] = 0;
                *ret_index = i;
                return true;
            }
        }
    }
    return false;
}

bool workers_blame_child(struct trial *trial)
{
    int status = atomic_load(&trial->shared->child_status);

    if (status != 0 && WIFSIGNALED(status))
        trial_fail(trial, -ECHILD, "a child of a task was killed by signal %d (%s)", WTERMSIG(status),
                   strsignal(WTERMSIG(status)));
    else if (status != 0)
        trial_fail(trial, -ECHILD, "a child of a task ended with status %d and no result", WEXITSTATUS(status));
    return status != 0;
}

int workers_check(struct workers *workers, struct trial *trial)
{
    workers_settle(workers);
    for (uint32_t i = 0; i < workers->count; i++) {
        int status;

        if (workers->pids[i] <= 0 || waitpid(workers->pids[i], &status, WNOHANG) != workers->pids[i])
            continue;
        workers->pids[i] = 0;
        if (workers_blame_child(trial))
            return -ECHILD;
        if (WIFSIGNALED(status))
            return trial_fail(trial, -ECHILD, "worker %u of %u was killed by signal %d (%s)", i + 1, workers->count,
                              WTERMSIG(status), strsignal(WTERMSIG(status)));
        return trial_fail(trial, -ECHILD, "worker %u of %u ended early with status %d", i + 1, workers->count,
                          WEXITSTATUS(status));
    }
    return 0;
}

void workers_close(struct workers *workers, struct trial *trial)
{
    for (uint32_t i = 0; i < workers->count; i++) {
        // After a failure somebody may be in the middle of a long task.
        if (workers->pids[i] > 0 && trial->error[0] != '\0')
            kill(workers->pids[i], SIGKILL);
        while (workers->pids[i] > 0 && waitpid(workers->pids[i], NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (workers->pids != NULL)
        close_fd(&workers->child_fd);
    if (workers->masked) {
        sigprocmask(SIG_SETMASK, &workers->old_mask, NULL);
        sigaction(SIGPIPE, &workers->old_pipe, NULL);
    }
    if (workers->pids != NULL)
        munmap(workers->pids, workers->count * sizeof *workers->pids);
    *workers = (struct workers){.child_fd = -1};
}

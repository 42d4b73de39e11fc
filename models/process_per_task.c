// SPDX-License-Identifier: MIT
// A process for each task: forked when the task is, waited for when it has ended, at most K alive. The child leaves its
// result in the shared slot, as it might in a file.
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/model.h"
#include "models/workers.h"

struct forker {
    struct workers workers;
    struct slot **slots;    // by lane: of the task its process runs
    struct claim *claims;   // by lane
    uint32_t alive, made;
};

static void work(struct lane *lane)
{
    struct forker *forker = lane->own;

    lane->claim = forker->claims[lane->index];
    lane_run_task(lane, forker->slots[lane->index]);
}

static int process_per_task_open(struct trial *trial)
{
    struct forker *forker = calloc(1, sizeof *forker);

    trial->state = forker;
    if (forker == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    forker->slots = calloc(trial->lanes, sizeof(struct slot *));
    forker->claims = calloc(trial->lanes, sizeof *forker->claims);
    if (forker->slots == NULL || forker->claims == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory for %u lanes", trial->lanes);
    return workers_open(&forker->workers, trial, trial->lanes);
}

// Forks a process for the lane's next task, if there is one. 0 or -errno.
static int spawn(struct trial *trial, struct forker *forker, uint32_t lane)
{
    int err;

    forker->slots[lane] = trial_claim(trial, &forker->claims[lane]);
    if (forker->slots[lane] == NULL)
        return 0;
    err = workers_fork(&forker->workers, trial, lane, work, forker);
    forker->alive += err == 0;
    forker->made += err == 0;
    return err;
}

// The result is in the coordinator's hands once the process has been waited for.
static int reap(struct trial *trial, struct forker *forker, uint32_t lane)
{
    struct slot *slot = forker->slots[lane];
    int status;

    if (forker->workers.pids[lane] <= 0 ||
        waitpid(forker->workers.pids[lane], &status, WNOHANG) != forker->workers.pids[lane])
        return 0;
    forker->workers.pids[lane] = 0;
    forker->alive--;
    if (WIFSIGNALED(status))
        return trial_fail(trial, -ECHILD, "a task's process was killed by signal %d (%s)", WTERMSIG(status),
                          strsignal(WTERMSIG(status)));
    if (slot->end_ns == 0)
        return trial_fail(trial, -ECHILD, "a task's process ended with status %d and no result", WEXITSTATUS(status));
    slot->end_ns = clock_now_ns();
    forker->claims[lane].free_ns = slot->end_ns;
    return spawn(trial, forker, lane);
}

static int reap_some(struct trial *trial, struct forker *forker)
{
    struct pollfd fd = {.fd = forker->workers.child_fd, .events = POLLIN};
    struct signalfd_siginfo info;

    if (poll(&fd, 1, -1) < 0 && errno != EINTR)
        return trial_fail(trial, -errno, "poll: %s", strerror(errno));
    // One signal may stand for several children.
    while (read(forker->workers.child_fd, &info, sizeof info) == (ssize_t)sizeof info)
        ;
    for (uint32_t i = 0; i < forker->workers.started; i++) {
        int err = reap(trial, forker, i);

        if (err != 0)
            return err;
    }
    return 0;
}

static int process_per_task_run(struct trial *trial)
{
    struct forker *forker = trial->state;
    int err = 0;

    for (uint32_t i = 0; err == 0 && i < trial->lanes; i++) {
        forker->claims[i].free_ns = trial->run_start_ns;
        err = spawn(trial, forker, i);
    }
    while (err == 0 && forker->alive > 0)
        err = reap_some(trial, forker);
    trial_count(trial, "processes_made", forker->made);
    return err;
}

static void process_per_task_close(struct trial *trial)
{
    struct forker *forker = trial->state;

    if (forker == NULL)
        return;
    workers_close(&forker->workers, trial);
    free(forker->claims);
    free(forker->slots);
    free(forker);
    trial->state = NULL;
}

const struct model model_process_per_task = {
    .name = "process-per-task",
    .kin = "multiprocessing.Process",
    .summary = "a new process for each task, waited for when it has ended",
    .about = "A new process for each task, forked when the task is started and waited for when it has ended, with at most as many "
             "alive as there may be tasks in flight. It isolates tasks from each other as nothing else does, and is how the "
             "first web servers ran programs. Each task pays for a fork, the copying of page tables, and whatever the process "
             "must set up anew, such as a connection.",
    .example = "ccbench --model=processes,process-per-task --workload=noop --tasks=1000",
    .can = STEP_ALL & ~STEP_SHARED,
    .cannot = "shares no memory, and so no counter (processes-shm does)",
    .many_cores = true,
    .forks = true,
    .own_threads = true,
    .open = process_per_task_open,
    .run = process_per_task_run,
    .close = process_per_task_close,
};

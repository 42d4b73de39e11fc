// SPDX-License-Identifier: MIT
// A pool of K forked workers and messages over pipes, as multiprocessing.Pool has it: one task pipe that any idle worker
// reads, one reply pipe that all write to. Nothing else is shared: a worker sees its task's number and class and no slot.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/http_get.h"
#include "models/lane.h"
#include "models/limits.h"
#include "models/model.h"

// Beyond those in flight, so that a worker which ends a task finds the next one waiting; Pool fills its pipe as well.
#define QUEUED 32
#define BATCH 64

struct task_message {
    uint32_t index;
    uint32_t class_index;
};

struct reply_message {
    uint32_t index;
    uint32_t status;
    uint64_t arrival_ns, begin_ns, end_ns; // end: of the work, here
    uint32_t check;
    uint32_t worker;
};

_Static_assert(sizeof(struct reply_message) <= 512, "replies must be atomic on the shared pipe (POSIX PIPE_BUF)");

struct pool {
    int tasks[2], replies[2]; // pipes: [0] is read, [1] is written
    int child_fd;             // signalfd of SIGCHLD
    sigset_t old_mask;
    bool masked;
    pid_t *workers;
    uint32_t started;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static bool read_task(int fd, struct task_message *task)
{
    ssize_t n;

    do {
        n = read(fd, task, sizeof *task);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof *task;
}

// A worker's life: read a task, walk it, send the reply; the pipe's end means there are no more.
static void work(struct lane *lane, const struct pool *pool)
{
    struct task_message task;

    lane->claim.free_ns = clock_now_ns();
    while (read_task(pool->tasks[0], &task)) {
        struct slot slot = {.class_index = (uint16_t)task.class_index};
        struct reply_message reply;

        lane_run_task(lane, &slot);
        reply = (struct reply_message){.index = task.index,
                                       .status = slot.status,
                                       .arrival_ns = slot.arrival_ns,
                                       .begin_ns = slot.begin_ns,
                                       .end_ns = slot.end_ns,
                                       .check = slot.check,
                                       .worker = lane->index};
        if (write(pool->replies[1], &reply, sizeof reply) != (ssize_t)sizeof reply)
            break;
    }
}

static _Noreturn void worker_main(struct trial *trial, struct pool *pool, uint32_t index, pid_t parent)
{
    struct lane lane = {0};
    int status = EXIT_FAILURE;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) // it died before the line above
        _exit(EXIT_FAILURE);
    sigprocmask(SIG_SETMASK, &pool->old_mask, NULL);
    close_fd(&pool->tasks[1]);
    close_fd(&pool->replies[0]);
    close_fd(&pool->child_fd);
    if (trial->kinds & STEP_BIT(STEP_FETCH) && http_global_open(trial) != 0)
        _exit(EXIT_FAILURE);
    if (lane_open_blocking(&lane, trial, index) == 0) {
        work(&lane, pool);
        status = EXIT_SUCCESS;
    }
    lane_close_blocking(&lane);
    // _exit: atexit handlers and buffers are the parent's.
    _exit(status);
}

static int make_pipes(struct pool *pool)
{
    if (pipe2(pool->tasks, O_CLOEXEC) != 0 || pipe2(pool->replies, O_CLOEXEC) != 0)
        return -errno;
    // A full task pipe must not stop the coordinator from reading replies.
    if (fcntl(pool->tasks[1], F_SETFL, O_NONBLOCK) != 0)
        return -errno;
    return 0;
}

static int watch_children(struct pool *pool)
{
    sigset_t children;

    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &children, &pool->old_mask) != 0)
        return -errno;
    pool->masked = true;
    pool->child_fd = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    return pool->child_fd >= 0 ? 0 : -errno;
}

static int fork_workers(struct trial *trial, struct pool *pool)
{
    pid_t parent = getpid();

    for (; pool->started < trial->lanes; pool->started++) {
        pid_t pid = fork();

        if (pid == 0)
            worker_main(trial, pool, pool->started, parent);
        if (pid < 0)
            return -errno;
        pool->workers[pool->started] = pid;
    }
    return 0;
}

static int processes_open(struct trial *trial)
{
    struct pool *pool = calloc(1, sizeof *pool);
    char limit[LIMIT_TEXT];
    int err;

    trial->state = pool;
    if (pool == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    pool->tasks[0] = pool->tasks[1] = pool->replies[0] = pool->replies[1] = pool->child_fd = -1;
    pool->workers = calloc(trial->lanes, sizeof *pool->workers);
    trial->work_ended_ns = calloc(trial->tasks, sizeof *trial->work_ended_ns);
    if (pool->workers == NULL || trial->work_ended_ns == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory for %u workers", trial->lanes);
    err = make_pipes(pool);
    if (err == 0)
        err = watch_children(pool);
    if (err != 0)
        return trial_fail(trial, err, "cannot make the pool's pipes: %s", strerror(-err));
    err = fork_workers(trial, pool);
    if (err != 0)
        return trial_fail(trial, err, "processes stop at %u of %u: %s (%s)", pool->started, trial->lanes, strerror(-err),
                          limit_of_processes(limit));
    close_fd(&pool->tasks[0]);
    close_fd(&pool->replies[1]);
    return 0;
}

// Writes as many tasks as may be outstanding and the pipe takes; returns how many have been sent in all.
static int send_tasks(struct trial *trial, struct pool *pool, uint32_t received, uint32_t *sent)
{
    uint32_t allowed = received + trial->lanes + QUEUED;
    struct task_message batch[BATCH];

    if (allowed > trial->tasks || allowed < received)
        allowed = trial->tasks;
    while (*sent < allowed) {
        uint32_t count = allowed - *sent < BATCH ? allowed - *sent : BATCH;
        ssize_t n;

        for (uint32_t i = 0; i < count; i++)
            batch[i] = (struct task_message){.index = *sent + i, .class_index = trial->slots[*sent + i].class_index};
        // At most PIPE_BUF bytes, so all or none of it.
        n = write(pool->tasks[1], batch, count * sizeof batch[0]);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        *sent += count;
    }
    return 0;
}

// Tasks are handed out until the last; before that no worker may end.
static int check_workers(struct trial *trial, struct pool *pool)
{
    struct signalfd_siginfo info;

    while (read(pool->child_fd, &info, sizeof info) == (ssize_t)sizeof info)
        ;
    for (uint32_t i = 0; i < pool->started; i++) {
        int status;

        if (pool->workers[i] <= 0 || waitpid(pool->workers[i], &status, WNOHANG) != pool->workers[i])
            continue;
        pool->workers[i] = 0;
        if (WIFSIGNALED(status))
            return trial_fail(trial, -ECHILD, "worker %u of %u was killed by signal %d (%s)", i + 1, pool->started,
                              WTERMSIG(status), strsignal(WTERMSIG(status)));
        return trial_fail(trial, -ECHILD, "worker %u of %u ended early with status %d", i + 1, pool->started,
                          WEXITSTATUS(status));
    }
    return 0;
}

static void take_replies(struct trial *trial, const struct reply_message *replies, size_t count)
{
    uint64_t now_ns = clock_now_ns();

    for (size_t i = 0; i < count; i++) {
        struct slot *slot = &trial->slots[replies[i].index];

        slot->arrival_ns = replies[i].arrival_ns;
        slot->begin_ns = replies[i].begin_ns;
        slot->status = (uint16_t)replies[i].status;
        slot->check = replies[i].check;
        slot->end_ns = now_ns;
        trial->work_ended_ns[replies[i].index] = replies[i].end_ns;
    }
}

// Waits for replies or a worker's end; 0, or -errno with trial_fail() called.
static int receive(struct trial *trial, struct pool *pool, uint32_t *received)
{
    struct pollfd fds[] = {{.fd = pool->replies[0], .events = POLLIN}, {.fd = pool->child_fd, .events = POLLIN}};
    struct reply_message replies[BATCH];
    ssize_t n;

    if (poll(fds, 2, -1) < 0)
        return errno == EINTR ? 0 : trial_fail(trial, -errno, "poll: %s", strerror(errno));
    if (fds[1].revents != 0) {
        int err = check_workers(trial, pool);

        if (err != 0)
            return err;
    }
    if (fds[0].revents == 0)
        return 0;
    // Replies are written whole, so what is there is a whole number of them.
    n = read(pool->replies[0], replies, sizeof replies);
    if (n < 0)
        return errno == EINTR ? 0 : trial_fail(trial, -errno, "reading replies: %s", strerror(errno));
    take_replies(trial, replies, (size_t)n / sizeof replies[0]);
    *received += (uint32_t)((size_t)n / sizeof replies[0]);
    return 0;
}

static int processes_run(struct trial *trial)
{
    struct pool *pool = trial->state;
    uint32_t sent = 0, received = 0;

    while (received < trial->tasks) {
        int err = send_tasks(trial, pool, received, &sent);

        if (err != 0)
            return trial_fail(trial, err, "sending tasks: %s", strerror(-err));
        err = receive(trial, pool, &received);
        if (err != 0)
            return err;
    }
    return 0;
}

static void processes_close(struct trial *trial)
{
    struct pool *pool = trial->state;

    if (pool == NULL)
        return;
    close_fd(&pool->tasks[0]);
    close_fd(&pool->tasks[1]);
    close_fd(&pool->replies[1]);
    close_fd(&pool->replies[0]);
    for (uint32_t i = 0; i < pool->started; i++) {
        // After a failure somebody may be in the middle of a long task: the pipe's end would be seen too late.
        if (pool->workers[i] > 0 && trial->error[0] != '\0')
            kill(pool->workers[i], SIGKILL);
        while (pool->workers[i] > 0 && waitpid(pool->workers[i], NULL, 0) < 0 && errno == EINTR)
            ;
    }
    close_fd(&pool->child_fd);
    if (pool->masked)
        sigprocmask(SIG_SETMASK, &pool->old_mask, NULL);
    free(pool->workers);
    free(pool);
    trial->state = NULL;
}

const struct model model_processes = {
    .name = "processes",
    .kin = "multiprocessing.Pool",
    .summary = "a pool of forked worker processes that get their tasks as messages over pipes",
    .about = "A pool of worker processes, forked once, as many as there may be tasks in flight. Tasks go to them as messages over "
             "a pipe and results come back over another, as in Python's multiprocessing. Each has its own memory, so nothing "
             "can race and no lock is shared, and they compute on all cores. The price is a process each, two messages a task "
             "and the copying of whatever is passed.",
    .example = "ccbench --model=threads,processes --workload=noop",
    .can = STEP_ALL,
    .many_cores = true,
    .forks = true,
    .open = processes_open,
    .run = processes_run,
    .close = processes_close,
};

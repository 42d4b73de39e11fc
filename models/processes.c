// SPDX-License-Identifier: MIT
// A pool of K forked workers and messages over pipes, as multiprocessing.Pool has it: one task pipe that any idle worker
// reads, one reply pipe that all write to. Nothing else is shared: a worker sees its task's number and class and no slot.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/model.h"
#include "models/workers.h"

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
    struct workers workers;
};

static bool read_task(int fd, struct task_message *task)
{
    ssize_t n;

    do {
        n = read(fd, task, sizeof *task);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof *task;
}

// A worker's life: read a task, walk it, send the reply; the pipe's end means there are no more.
static void work(struct lane *lane)
{
    struct pool *pool = lane->own;
    struct task_message task;

    close_fd(&pool->tasks[1]);
    close_fd(&pool->replies[0]);
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

static int make_pipes(struct pool *pool)
{
    if (pipe2(pool->tasks, O_CLOEXEC) != 0 || pipe2(pool->replies, O_CLOEXEC) != 0)
        return -errno;
    // A full task pipe must not stop the coordinator from reading replies.
    if (fcntl(pool->tasks[1], F_SETFL, O_NONBLOCK) != 0)
        return -errno;
    return 0;
}

static int processes_open(struct trial *trial)
{
    struct pool *pool = calloc(1, sizeof *pool);
    int err;

    trial->state = pool;
    if (pool == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    pool->tasks[0] = pool->tasks[1] = pool->replies[0] = pool->replies[1] = -1;
    trial->work_ended_ns = calloc(trial->tasks, sizeof *trial->work_ended_ns);
    if (trial->work_ended_ns == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory for %u tasks", trial->tasks);
    err = workers_open(&pool->workers, trial, trial->lanes);
    if (err == 0 && (err = make_pipes(pool)) != 0)
        return trial_fail(trial, err, "cannot make the pool's pipes: %s", strerror(-err));
    for (uint32_t i = 0; err == 0 && i < trial->lanes; i++)
        err = workers_fork(&pool->workers, trial, i, work, pool);
    if (err != 0)
        return err;
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
    struct pollfd fds[] = {{.fd = pool->replies[0], .events = POLLIN}, {.fd = pool->workers.child_fd, .events = POLLIN}};
    struct reply_message replies[BATCH];
    ssize_t n;

    if (poll(fds, 2, -1) < 0)
        return errno == EINTR ? 0 : trial_fail(trial, -errno, "poll: %s", strerror(errno));
    if (fds[1].revents != 0) {
        int err = workers_check(&pool->workers, trial);

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
    workers_close(&pool->workers, trial);
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
    .can = STEP_ALL & ~STEP_SHARED,
    .cannot = "shares no memory, and so no counter (processes-shm does)",
    .many_cores = true,
    .forks = true,
    .own_threads = true,
    .open = processes_open,
    .run = processes_run,
    .close = processes_close,
};

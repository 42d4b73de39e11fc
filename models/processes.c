// SPDX-License-Identifier: MIT
// A pool of K forked workers and messages over pipes, as multiprocessing.Pool has it. Nothing else is shared: a worker
// sees its tasks' numbers and classes and no slot, and what tasks take or reply with is copied through the pipes.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "measure/machine/limits.h"
#include "models/carry/buffer.h"
#include "models/carry/http_get.h"
#include "models/carry/messages/processes_pool.h"
#include "models/model.h"

#define EVENTS 64
#define FRAMES_MOST 16 // their results are less than PIPE_BUF

enum { CHUNK, START }; // its parameters

// Tasks for each message.
static uint32_t chunk_of(const struct trial *trial)
{
    return (uint32_t)trial->parameters.of[CHUNK];
}

static bool needs_own_pipes(const struct trial *trial)
{
    return (trial->kinds & (STEP_BIT(STEP_TAKE) | STEP_BIT(STEP_REPLY))) != 0 ||
           message_results_bytes(chunk_of(trial)) > PIPE_BUF;
}

// Where tasks are handed out many at a time by every model that can, a worker reads its share of what is under way at once, one frame
// a task as before, and so answers at once.
static uint32_t frames_read(const struct trial *trial)
{
    uint32_t share = (trial->lanes + QUEUED) / trial->lanes;

    if (chunk_of(trial) > 1 || needs_own_pipes(trial))
        return 1;
    share = share < FRAMES_MOST ? share : FRAMES_MOST;
    return share < trial->claim_chunk ? share : trial->claim_chunk;
}

// What coordinator and workers have in common. 0 or -ENOMEM.
static int agree(const struct trial *trial, struct process_pool *pool)
{
    pool->chunk = chunk_of(trial);
    pool->frame_bytes = task_frame_bytes(pool->chunk);
    pool->frames_read = frames_read(trial);
    pool->take_bytes = calloc(trial->mix.count, sizeof *pool->take_bytes);
    if (pool->take_bytes == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < trial->mix.count; i++) {
        struct program_cost cost;

        program_cost(&trial->mix.classes[i].program, trial->foreign, &cost);
        pool->take_bytes[i] = cost.take_bytes;
    }
    return 0;
}

static int allocate(struct trial *trial, struct process_pool *pool)
{
    pool->own_pipes = needs_own_pipes(trial);
    pool->receiver_count = pool->own_pipes ? trial->lanes : 1;
    pool->receivers = calloc(pool->receiver_count, sizeof *pool->receivers);
    pool->senders = calloc(pool->receiver_count, sizeof *pool->senders);
    pool->idle = calloc(trial->lanes, sizeof *pool->idle);
    pool->full = calloc(trial->lanes, sizeof *pool->full);
    trial->work_ended_ns = calloc(trial->tasks, sizeof *trial->work_ended_ns);
    for (uint32_t i = 0; pool->receivers != NULL && pool->senders != NULL && i < pool->receiver_count; i++)
        pool->receivers[i].fd = pool->senders[i].fd = -1;
    if (agree(trial, pool) != 0 || pool->receivers == NULL || pool->senders == NULL || pool->idle == NULL ||
        pool->full == NULL || trial->work_ended_ns == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory for %u tasks", trial->tasks);
    return 0;
}

static int make_pipes(struct trial *trial, struct process_pool *pool, uint32_t index)
{
    char limit[LIMIT_TEXT];
    int err = 0;

    if (pipe2(pool->tasks, O_CLOEXEC) != 0 || pipe2(pool->replies, O_CLOEXEC) != 0 ||
        // A full task pipe must not stop the coordinator from reading replies.
        fcntl(pool->tasks[1], F_SETFL, O_NONBLOCK) != 0)
        err = -errno;
    if (err != 0 && pool->own_pipes)
        return trial_fail(trial, err, "pipes stop at worker %u of %u: %s (%s)", index + 1, trial->lanes, strerror(-err),
                          limit_of_descriptors(-err, limit));
    return err == 0 ? 0
                    : trial_fail(trial, err, "cannot make the pool's pipes: %s (%s)", strerror(-err),
                                 limit_of_descriptors(-err, limit));
}

// The ends that the coordinator keeps of what make_pipes() has made; the workers have the others.
static int keep_ends(struct trial *trial, struct process_pool *pool, uint32_t index)
{
    struct sender *sender;

    close_fd(&pool->tasks[0]);
    close_fd(&pool->replies[1]);
    pool->receivers[index].fd = pool->replies[0];
    pool->replies[0] = -1;
    if (!pool->own_pipes)
        return 0;
    sender = &pool->senders[index];
    *sender = (struct sender){
        .fd = pool->tasks[1], .frame_bytes = pool->frame_bytes, .frame = calloc(1, pool->frame_bytes)};
    pool->tasks[1] = -1;
    if (sender->frame == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory for %u workers", trial->lanes);
    pool->idle[pool->idle_count++] = index;
    return 0;
}

static int start_worker(struct trial *trial, struct process_pool *pool, uint32_t index)
{
    struct handover given = HANDOVER_NONE;

    if (!trial->spawns)
        return workers_fork(&pool->workers, trial, index, process_pool_work, pool);
    given.own[0] = pool->tasks[0];
    given.own[1] = pool->replies[1];
    return workers_spawn(&pool->workers, trial, index, given);
}

static int make_workers(struct trial *trial, struct process_pool *pool)
{
    int err = pool->own_pipes ? 0 : make_pipes(trial, pool, 0);

    for (uint32_t i = 0; err == 0 && i < trial->lanes; i++) {
        if (pool->own_pipes)
            err = make_pipes(trial, pool, i);
        if (err == 0)
            err = start_worker(trial, pool, i);
        if (err == 0 && pool->own_pipes)
            err = keep_ends(trial, pool, i);
    }
    return err == 0 && !pool->own_pipes ? keep_ends(trial, pool, 0) : err;
}

// What the coordinator waits with, and reads into: made after the workers, which need not inherit it.
static int open_events(struct trial *trial, struct process_pool *pool)
{
    int err = 0;

    pool->poll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (pool->poll_fd < 0)
        return trial_fail(trial, -errno, "cannot wait for workers: %s", strerror(errno));
    if (trial->open_loop) {
        pool->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        err = pool->timer_fd >= 0 ? process_pool_watch(pool, pool->timer_fd, EPOLLIN, EVENT_TIMER, 0) : -errno;
    }
    if (err == 0)
        err = process_pool_watch(pool, pool->workers.child_fd, EPOLLIN, EVENT_CHILD, 0);
    for (uint32_t i = 0; err == 0 && i < pool->receiver_count; i++) {
        err = receiver_open(&pool->receivers[i], trial, pool->receivers[i].fd, pool->chunk);
        if (err == 0)
            err = process_pool_watch(pool, pool->receivers[i].fd, EPOLLIN, EVENT_MESSAGE, i);
    }
    return err == 0 ? 0 : trial_fail(trial, err, "cannot wait for workers: %s", strerror(-err));
}

static int processes_open(struct trial *trial)
{
    struct process_pool *pool = calloc(1, sizeof *pool);
    int err;

    trial->state = pool;
    if (pool == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    pool->tasks[0] = pool->tasks[1] = pool->replies[0] = pool->replies[1] = pool->poll_fd = pool->timer_fd = -1;
    // A pool is made before there is anything to hand over.
    if (trial->argument != NULL)
        buffer_keep(trial->argument, trial->payload_most);
    err = allocate(trial, pool);
    if (err == 0)
        err = workers_open(&pool->workers, trial, trial->lanes);
    if (err == 0)
        err = make_workers(trial, pool);
    if (err == 0)
        err = open_events(trial, pool);
    return err;
}

static void take_results(struct trial *trial, struct process_pool *pool, const struct message *message, uint32_t from)
{
    uint64_t now_ns = clock_now_ns();

    for (uint32_t i = 0; i < message->header.count; i++) {
        uint32_t index = message->header.index + i;
        struct task_result result = message_result(message, i);
        struct slot *slot = &trial->slots[index];

        if (!trial->open_loop)
            slot->arrival_ns = result.arrival_ns;
        slot->begin_ns = result.begin_ns;
        slot->status = (uint16_t)result.status;
        slot->check += result.check;
        slot->end_ns = now_ns;
        trial->work_ended_ns[index] = result.end_ns;
    }
    pool->received += message->header.count;
    pool->outstanding--;
    if (pool->own_pipes)
        pool->idle[(pool->idle_first + pool->idle_count++) % trial->lanes] = from;
}

// Reads from one pipe what is there; every byte of a reply is then here, and used as far as anybody can.
static int receive(struct trial *trial, struct process_pool *pool, uint32_t from)
{
    struct receiver *receiver = &pool->receivers[from];
    int state = receiver_fill(receiver);
    struct message message;

    if (state == -EPIPE) { // its worker has ended, of which SIGCHLD will tell
        epoll_ctl(pool->poll_fd, EPOLL_CTL_DEL, receiver->fd, NULL);
        return 0;
    }
    while (state > 0 && receiver_next(receiver, &message)) {
        if (message.header.count > 0)
            take_results(trial, pool, &message, from);
        else
            trial->slots[message.header.index].check += buffer_touch(message.content, message.header.bytes);
    }
    return state < 0 ? trial_fail(trial, state, "reading replies: %s", strerror(-state)) : 0;
}

static int handle(struct trial *trial, struct process_pool *pool, uint64_t event)
{
    uint32_t index = (uint32_t)event;
    uint64_t expirations;

    switch ((enum event)(event >> 32)) {
    case EVENT_CHILD:
        return workers_check(&pool->workers, trial);
    case EVENT_TIMER:
        (void)!read(pool->timer_fd, &expirations, sizeof expirations);
        return 0;
    case EVENT_MESSAGE:
        return receive(trial, pool, index);
    case EVENT_ROOM:
        return process_pool_send_rest(trial, pool, index);
    }
    return 0;
}

static int processes_run(struct trial *trial)
{
    struct process_pool *pool = trial->state;
    struct epoll_event events[EVENTS];
    int err = 0;

    while (err == 0 && pool->received < trial->tasks) {
        int count;

        err = process_pool_send(trial, pool);
        if (err != 0)
            break;
        count = epoll_wait(pool->poll_fd, events, EVENTS, -1);
        if (count < 0 && errno != EINTR)
            return trial_fail(trial, -errno, "epoll_wait: %s", strerror(errno));
        for (int i = 0; err == 0 && i < count; i++)
            err = handle(trial, pool, events[i].data.u64);
    }
    if (pool->own_pipes && err == 0) // of a user's with many pipes the kernel makes smaller ones
        trial_count(trial, "pipe_bytes", (uint64_t)fcntl(pool->receivers[pool->receiver_count - 1].fd, F_GETPIPE_SZ));
    return err;
}

static void close_ends(struct process_pool *pool)
{
    for (uint32_t i = 0; pool->receivers != NULL && i < pool->receiver_count; i++) {
        close_fd(&pool->receivers[i].fd);
        receiver_close(&pool->receivers[i]);
    }
    for (uint32_t i = 0; pool->senders != NULL && i < pool->receiver_count; i++) {
        close_fd(&pool->senders[i].fd);
        free(pool->senders[i].frame);
    }
    close_fd(&pool->tasks[0]);
    close_fd(&pool->tasks[1]);
    close_fd(&pool->replies[0]);
    close_fd(&pool->replies[1]);
    close_fd(&pool->timer_fd);
    close_fd(&pool->poll_fd);
}

static void processes_close(struct trial *trial)
{
    struct process_pool *pool = trial->state;

    if (pool == NULL)
        return;
    process_pool_dismiss(pool);
    close_ends(pool);
    workers_close(&pool->workers, trial);
    free(pool->senders);
    free(pool->receivers);
    free(pool->take_bytes);
    free(pool->idle);
    free(pool->full);
    free(pool);
    trial->state = NULL;
}

static int processes_work(struct trial *trial, const struct handover *given)
{
    struct process_pool pool = {0};
    int err;

    pool.tasks[0] = given->own[0];
    pool.replies[1] = given->own[1];
    pool.tasks[1] = pool.replies[0] = -1;
    err = agree(trial, &pool);
    if (err == 0)
        err = worker_run(trial, given->index, NULL, process_pool_work, &pool);
    free(pool.take_bytes);
    return err;
}

const struct model model_processes = {
    .name = "processes",
    .kin = "multiprocessing.Pool",
    .also = "ProcessPoolExecutor, concurrent.futures",
    .group = "Processes",
    .summary = "forked workers that get tasks as messages over pipes (processes:chunk=16: 16 in one)",
    .about =
        "A pool of worker processes, forked once, as many as there may be tasks in flight. Tasks go to them as messages over "
        "a pipe and results come back over another, as in Python's multiprocessing. Each has its own memory, so nothing "
        "can race and no lock is shared, and they compute on all cores. The price is a process each, two messages a task "
        "and the copying of whatever is passed. With processes:chunk=16, as with the chunksize of Pool.map, 16 tasks "
        "share a message and are done one after the other: cheaper for short tasks, uneven for long ones. With "
        "processes:start=spawn each worker is a fresh program instead of a fork, as multiprocessing starts them where it cannot "
        "or should not fork.",
    .example = "ccbench --model=threads,processes,processes:chunk=16 --workload=noop",
    .can = STEP_ALL & ~STEP_SHARED,
    .cannot = "shares no memory, and so no counter (processes-shm does)",
    .parameters = {[CHUNK] = {.key = "chunk",
                              .kind = PARAMETER_TASKS,
                              .otherwise = 1,
                              .least = 1,
                              .most = 1024,
                              .help = "how many tasks share a message",
                              .field = "chunk"},
                   [START] = START_PARAMETER,
                   CLIENT_PARAMETER},
    .many_cores = true,
    .forks = true,
    .own_threads = true,
    .task_ns = 1700,
    .open = processes_open,
    .run = processes_run,
    .close = processes_close,
    .work = processes_work,
};

// SPDX-License-Identifier: MIT
// Forked workers that claim tasks from shared memory and leave their results there: what processes cost without messages.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure/base/page.h"
#include "models/carry/buffer.h"
#include "models/carry/http_get.h"
#include "models/carry/stack/workers.h"
#include "models/model.h"

struct shm_pool {
    struct workers workers;
    uint64_t reply_bytes;        // of all workers' replies
    int go[2];                   // a pipe: its end, when the coordinator closes [1], is the start signal
    int done[2];                 // a pipe: one byte from each worker that found no task left
    int argument_fd, replies_fd; // of what is handed over, for workers that are spawned; else -1
};

enum { START }; // its parameters

static void work(struct lane *lane)
{
    struct shm_pool *pool = lane->own;
    char byte = 0;

    close_fd(&pool->go[1]);
    close_fd(&pool->done[0]);
    while (read(pool->go[0], &byte, 1) < 0 && errno == EINTR)
        ;
    // The run's start was not known yet when this process was forked.
    lane->trial->run_start_ns = atomic_load(&lane->trial->shared->run_start_ns);
    lane_run_all(lane);
    (void)!write(pool->done[1], &byte, 1);
    // Ends only when the coordinator closes its end: a worker that has ended before that has died.
    struct pollfd closed = {.fd = pool->done[1], .events = 0};
    while (poll(&closed, 1, -1) < 0 && errno == EINTR)
        ;
}

static uint64_t reply_stride(const struct trial *trial)
{
    return trial->payload_most / PAGE_BYTES * PAGE_BYTES + PAGE_BYTES;
}

// What is handed over lies where coordinator and workers both see it: a pointer is enough.
static int share_payload(struct trial *trial, struct shm_pool *pool)
{
    struct workers *workers = &pool->workers;

    if (trial->kinds & STEP_BIT(STEP_TAKE)) {
        buffer_free(trial->argument, trial->payload_most);
        trial->argument = buffer_new_shared(trial->payload_most, trial->spawns ? &pool->argument_fd : NULL);
    }
    if (trial->kinds & STEP_BIT(STEP_REPLY)) {
        workers->reply_stride = reply_stride(trial);
        pool->reply_bytes = trial->lanes * workers->reply_stride;
        workers->replies = buffer_new_shared(pool->reply_bytes, trial->spawns ? &pool->replies_fd : NULL);
    }
    if ((trial->kinds & STEP_BIT(STEP_TAKE) && trial->argument == NULL) ||
        (trial->kinds & STEP_BIT(STEP_REPLY) && workers->replies == NULL))
        return trial_fail(trial, -ENOMEM, "out of shared memory for the buffers of %u workers", trial->lanes);
    return 0;
}

static int start_worker(struct trial *trial, struct shm_pool *pool, uint32_t index)
{
    struct handover given = HANDOVER_NONE;

    if (!trial->spawns)
        return workers_fork(&pool->workers, trial, index, work, pool);
    given.own[0] = pool->go[0];
    given.own[1] = pool->done[1];
    given.slots_fd = trial->slots_fd;
    given.argument_fd = pool->argument_fd;
    given.replies_fd = pool->replies_fd;
    return workers_spawn(&pool->workers, trial, index, given);
}

static int processes_shm_work(struct trial *trial, const struct handover *given)
{
    struct shm_pool pool = {.go = {given->own[0], -1}, .done = {-1, given->own[1]}};
    uint64_t stride = reply_stride(trial);
    char *reply = NULL;

    if (given->argument_fd >= 0 &&
        (trial->argument = buffer_map_shared(given->argument_fd, trial->payload_most, 0)) == NULL)
        return -errno;
    // Closed by the lane, as a buffer of its own.
    if (given->replies_fd >= 0 &&
        (reply = buffer_map_shared(given->replies_fd, trial->payload_most, given->index * stride)) == NULL)
        return -errno;
    return worker_run(trial, given->index, reply, work, &pool);
}

static int processes_shm_open(struct trial *trial)
{
    struct shm_pool *pool = calloc(1, sizeof *pool);
    int err;

    trial->state = pool;
    if (pool == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    pool->go[0] = pool->go[1] = pool->done[0] = pool->done[1] = pool->argument_fd = pool->replies_fd = -1;
    err = workers_open(&pool->workers, trial, trial->lanes);
    if (err == 0)
        err = share_payload(trial, pool);
    if (err != 0)
        return err;
    if (pipe2(pool->go, O_CLOEXEC) != 0 || pipe2(pool->done, O_CLOEXEC) != 0)
        return trial_fail(trial, -errno, "cannot make the pool's pipes: %s", strerror(errno));
    for (uint32_t i = 0; err == 0 && i < trial->lanes; i++)
        err = start_worker(trial, pool, i);
    close_fd(&pool->go[0]);
    close_fd(&pool->done[1]);
    return err;
}

// 0, or -errno with trial_fail() called.
static int wait_for_some(struct trial *trial, struct shm_pool *pool, uint32_t *done)
{
    struct pollfd fds[] = {{.fd = pool->done[0], .events = POLLIN}, {.fd = pool->workers.child_fd, .events = POLLIN}};
    char bytes[256];
    ssize_t n;

    if (poll(fds, 2, -1) < 0)
        return errno == EINTR ? 0 : trial_fail(trial, -errno, "poll: %s", strerror(errno));
    if (fds[0].revents != 0 && (n = read(pool->done[0], bytes, sizeof bytes)) > 0)
        *done += (uint32_t)n;
    return fds[1].revents != 0 && *done < trial->lanes ? workers_check(&pool->workers, trial) : 0;
}

static int processes_shm_run(struct trial *trial)
{
    struct shm_pool *pool = trial->state;
    uint32_t done = 0;

    close_fd(&pool->go[1]);
    while (done < trial->lanes) {
        int err = wait_for_some(trial, pool, &done);

        if (err != 0)
            return err;
    }
    return 0;
}

static void processes_shm_close(struct trial *trial)
{
    struct shm_pool *pool = trial->state;

    if (pool == NULL)
        return;
    close_fd(&pool->go[0]);
    close_fd(&pool->go[1]);
    close_fd(&pool->done[0]);
    close_fd(&pool->done[1]);
    close_fd(&pool->argument_fd);
    close_fd(&pool->replies_fd);
    buffer_free(pool->workers.replies, pool->reply_bytes);
    workers_close(&pool->workers, trial);
    free(pool);
    trial->state = NULL;
}

const struct model model_processes_shm = {
    .name = "processes-shm",
    .kin = "shared_memory, preforked",
    .group = "Processes",
    .summary = "forked workers that claim tasks from shared memory: processes without messages",
    .about =
        "A pool of forked worker processes that take their tasks from shared memory with one atomic addition and leave the "
        "results there. Nothing is copied and nobody is asked, so a task costs hardly more than under threads; what "
        "remains is the price of making the processes. The difference to processes is the price of messages. The data "
        "must live in shared memory, and so it may race as under threads.",
    .example = "ccbench --model=processes,processes-shm --workload=noop",
    .can = STEP_ALL,
    .parameters = {[START] = START_PARAMETER, CLIENT_PARAMETER},
    .many_cores = true,
    .forks = true,
    .own_threads = true,
    .open = processes_shm_open,
    .run = processes_shm_run,
    .close = processes_shm_close,
    .work = processes_shm_work,
};

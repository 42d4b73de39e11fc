// SPDX-License-Identifier: MIT
// A process for each task: forked when the task is there and a lane is, waited for when it has ended, at most K alive. The
// child leaves its stamps in the shared slot, as it might in a file. What tasks take is the parent's, inherited; what they
// reply with goes to the parent through a pipe.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "measure/base/task_status.h"
#include "measure/machine/limits.h"
#include "models/carry/buffer.h"
#include "models/carry/http_get.h"
#include "models/carry/messages/messages.h"
#include "models/carry/stack/spare_lanes.h"
#include "models/carry/stack/workers.h"
#include "models/model.h"

struct forker {
    struct workers workers;
    struct slot **slots; // by lane: of the task its process runs
    struct spare_lanes spare;
    uint32_t alive, made;
    // Where tasks reply, by lane: the end of its pipe that its processes write to, that which is read here, and what its
    // task's replies have come to.
    int *reply_fds;
    struct receiver *receivers;
    uint32_t *reply_checks;
    struct pollfd *polled; // SIGCHLD, and the pipes
    int argument_fd;       // of what tasks take, for processes that are spawned; else -1
};

enum { START }; // its parameters

// What a process has that is a program of its own.
struct spawned {
    int argument_fd, reply_fd;
    char *taken; // payload_most bytes: what the last take brought; NULL unless tasks take
    uint32_t task;
    uint64_t free_ns; // when its lane became free
};

static bool replies(const struct trial *trial)
{
    return (trial->kinds & STEP_BIT(STEP_REPLY)) != 0;
}

static int step_reply(struct lane *lane, const struct step *step)
{
    const struct forker *forker = lane->own;
    uint32_t index = (uint32_t)(forker->slots[lane->index] - lane->trial->slots);

    if (!message_send_reply(forker->reply_fds[lane->index], index, lane->extra->reply, step->arg))
        return task_status_from_errno(EPIPE);
    return 0;
}

static void work(struct lane *lane)
{
    struct forker *forker = lane->own;
    step_function *steps[STEP_KIND_COUNT];

    memcpy(steps, lane_steps(lane), sizeof steps);
    steps[STEP_REPLY] = step_reply;
    lane_use_steps(lane, steps);
    lane->free_ns = forker->spare.claims[lane->index].free_ns;
    lane_run_task(lane, forker->slots[lane->index]);
}

// In a program of its own nothing has been inherited: what the task takes is read, every byte of it.
static int step_take(struct lane *lane, const struct step *step)
{
    struct spawned *spawned = lane->own;
    uint64_t done = 0;

    while (done < step->arg) {
        ssize_t n = pread(spawned->argument_fd, spawned->taken + done, step->arg - done, (off_t)done);

        if (n <= 0 && errno != EINTR)
            return task_status_from_errno(n < 0 ? errno : EPIPE);
        done += n > 0 ? (uint64_t)n : 0;
    }
    lane->check += buffer_touch(spawned->taken, step->arg);
    return 0;
}

static int step_reply_spawned(struct lane *lane, const struct step *step)
{
    const struct spawned *spawned = lane->own;

    if (!message_send_reply(spawned->reply_fd, spawned->task, lane->extra->reply, step->arg))
        return task_status_from_errno(EPIPE);
    return 0;
}

static void work_spawned(struct lane *lane)
{
    const struct spawned *spawned = lane->own;
    step_function *steps[STEP_KIND_COUNT];

    memcpy(steps, lane_steps(lane), sizeof steps);
    steps[STEP_TAKE] = step_take;
    steps[STEP_REPLY] = step_reply_spawned;
    lane_use_steps(lane, steps);
    lane->free_ns = spawned->free_ns;
    lane_run_task(lane, &lane->trial->slots[spawned->task]);
}

static int process_per_task_work(struct trial *trial, const struct handover *given)
{
    struct spawned spawned = {
        .argument_fd = given->argument_fd, .reply_fd = given->own[0], .task = given->task, .free_ns = given->free_ns};
    int err = given->task < trial->tasks ? 0 : -EINVAL;

    if (err == 0 && trial->kinds & STEP_BIT(STEP_TAKE) &&
        (spawned.taken = buffer_new_empty(trial->payload_most)) == NULL)
        err = -ENOMEM;
    // Arrivals count from the run's start, which the trial has left there.
    trial->run_start_ns = atomic_load(&trial->shared->run_start_ns);
    if (err == 0)
        err = worker_run(trial, given->index, NULL, work_spawned, &spawned);
    buffer_free(spawned.taken, trial->payload_most);
    return err;
}

static int allocate(struct forker *forker, uint32_t lanes)
{
    forker->slots = calloc(lanes, sizeof(struct slot *));
    forker->reply_fds = calloc(lanes, sizeof *forker->reply_fds);
    forker->receivers = calloc(lanes, sizeof *forker->receivers);
    forker->reply_checks = calloc(lanes, sizeof *forker->reply_checks);
    forker->polled = calloc((size_t)lanes + 1, sizeof *forker->polled);
    for (uint32_t i = 0; forker->reply_fds != NULL && forker->receivers != NULL && i < lanes; i++)
        forker->reply_fds[i] = forker->receivers[i].fd = -1;
    return spare_lanes_open(&forker->spare, lanes) == 0 && forker->slots != NULL && forker->reply_fds != NULL &&
                   forker->receivers != NULL && forker->reply_checks != NULL && forker->polled != NULL
               ? 0
               : -ENOMEM;
}

// The lanes' pipes, and what is replied with: filled once, and inherited.
static int open_replies(struct trial *trial, struct forker *forker)
{
    char limit[LIMIT_TEXT];

    forker->workers.replies = buffer_new(trial->payload_most);
    if (forker->workers.replies == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory for a reply of %llu bytes",
                          (unsigned long long)trial->payload_most);
    for (uint32_t i = 0; i < trial->lanes; i++) {
        int ends[2], err = pipe2(ends, O_CLOEXEC) == 0 ? 0 : -errno;

        if (err != 0)
            return trial_fail(trial, err, "pipes stop at %u of %u: %s (%s)", i, trial->lanes, strerror(-err),
                              limit_of_descriptors(-err, limit));
        forker->reply_fds[i] = ends[1];
        err = receiver_open(&forker->receivers[i], trial, ends[0], 1);
        if (err != 0)
            return trial_fail(trial, err, "cannot receive replies of %u processes: %s", trial->lanes, strerror(-err));
        forker->polled[1 + i] = (struct pollfd){.fd = ends[0], .events = POLLIN};
    }
    return 0;
}

static int share_argument(struct trial *trial, struct forker *forker)
{
    buffer_free(trial->argument, trial->payload_most);
    trial->argument = buffer_new_shared(trial->payload_most, &forker->argument_fd);
    return trial->argument != NULL ? 0
                                   : trial_fail(trial, -ENOMEM, "out of memory for an argument of %llu bytes",
                                                (unsigned long long)trial->payload_most);
}

static int process_per_task_open(struct trial *trial)
{
    struct forker *forker = calloc(1, sizeof *forker);
    int err;

    trial->state = forker;
    if (forker == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    forker->argument_fd = -1;
    if (allocate(forker, trial->lanes) != 0)
        return trial_fail(trial, -ENOMEM, "out of memory for %u tasks in flight", trial->lanes);
    err = workers_open(&forker->workers, trial, trial->lanes);
    if (err == 0 && trial->spawns && trial->kinds & STEP_BIT(STEP_TAKE))
        err = share_argument(trial, forker);
    forker->polled[0] = (struct pollfd){.fd = forker->workers.child_fd, .events = POLLIN};
    return err == 0 && replies(trial) ? open_replies(trial, forker) : err;
}

static int start_process(struct trial *trial, struct forker *forker, uint32_t lane)
{
    struct handover given = HANDOVER_NONE;

    if (!trial->spawns)
        return workers_fork(&forker->workers, trial, lane, work, forker);
    given.task = (uint32_t)(forker->slots[lane] - trial->slots);
    given.free_ns = forker->spare.claims[lane].free_ns;
    given.slots_fd = trial->slots_fd;
    given.argument_fd = forker->argument_fd;
    given.own[0] = forker->reply_fds[lane];
    return workers_spawn(&forker->workers, trial, lane, given);
}

// A process for each task that there is now, as long as a lane is spare. 0 or -errno.
static int spawn_some(struct trial *trial, struct forker *forker)
{
    struct slot *slot;
    uint32_t lane;
    int err = 0;

    while (err == 0 && (slot = spare_lanes_take(&forker->spare, trial, &lane)) != NULL) {
        forker->slots[lane] = slot;
        forker->reply_checks[lane] = 0;
        err = start_process(trial, forker, lane);
        forker->alive += err == 0;
        forker->made += err == 0;
    }
    return err;
}

// Reads from the lane's pipe what is there. 0 or -errno.
static int receive(struct trial *trial, struct forker *forker, uint32_t lane)
{
    int state = receiver_fill(&forker->receivers[lane]);
    struct message message;

    while (state > 0 && receiver_next(&forker->receivers[lane], &message))
        forker->reply_checks[lane] += buffer_touch(message.content, message.header.bytes);
    return state >= 0 ? state : trial_fail(trial, state, "reading replies: %s", strerror(-state));
}

// The result is in the coordinator's hands once the process has been waited for, and its pipe is empty.
static int reap(struct trial *trial, struct forker *forker, uint32_t lane, int status)
{
    struct slot *slot = forker->slots[lane];
    int state = replies(trial);

    forker->alive--;
    if (status != 0 && workers_blame_child(trial))
        return -ECHILD;
    if (WIFSIGNALED(status))
        return trial_fail(trial, -ECHILD, "a task's process was killed by signal %d (%s)", WTERMSIG(status),
                          strsignal(WTERMSIG(status)));
    if (slot->end_ns == 0)
        return trial_fail(trial, -ECHILD, "a task's process ended with status %d and no result", WEXITSTATUS(status));
    while (state > 0)
        state = receive(trial, forker, lane);
    slot->check += forker->reply_checks[lane];
    slot->end_ns = clock_now_ns();
    spare_lanes_put(&forker->spare, lane, slot->end_ns);
    return state;
}

// Until a process has ended or replies, or the next task arrives.
static int wait_for_some(struct trial *trial, struct forker *forker, uint64_t until_ns)
{
    uint64_t now_ns = clock_now_ns(), left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    struct timespec left = {.tv_sec = (time_t)(left_ns / NS_PER_S), .tv_nsec = (long)(left_ns % NS_PER_S)};
    nfds_t count = replies(trial) ? (nfds_t)trial->lanes + 1 : 1;
    uint32_t lane;
    int status, err = 0;

    if (ppoll(forker->polled, count, until_ns == UINT64_MAX ? NULL : &left, NULL) < 0)
        return errno == EINTR ? 0 : trial_fail(trial, -errno, "ppoll: %s", strerror(errno));
    for (nfds_t i = 1; err >= 0 && i < count; i++) {
        if (forker->polled[i].revents != 0)
            err = receive(trial, forker, (uint32_t)i - 1);
    }
    if (err < 0 || forker->polled[0].revents == 0)
        return err < 0 ? err : 0;
    workers_settle(&forker->workers);
    err = 0;
    while (err == 0 && workers_reap(&forker->workers, &lane, &status))
        err = reap(trial, forker, lane, status);
    return err;
}

static int process_per_task_run(struct trial *trial)
{
    struct forker *forker = trial->state;
    int err;

    spare_lanes_start(&forker->spare, trial);
    for (;;) {
        uint64_t until_ns;

        err = spawn_some(trial, forker);
        until_ns = spare_lanes_wait_ns(&forker->spare, trial);
        if (err != 0 || (forker->alive == 0 && until_ns == UINT64_MAX))
            break;
        err = wait_for_some(trial, forker, until_ns);
        if (err != 0)
            break;
    }
    trial_count(trial, "processes_made", forker->made);
    return err;
}

static void close_replies(struct trial *trial, struct forker *forker)
{
    for (uint32_t i = 0; forker->receivers != NULL && forker->reply_fds != NULL && i < trial->lanes; i++) {
        close_fd(&forker->reply_fds[i]);
        close_fd(&forker->receivers[i].fd);
        receiver_close(&forker->receivers[i]);
    }
    buffer_free(forker->workers.replies, trial->payload_most);
}

static void process_per_task_close(struct trial *trial)
{
    struct forker *forker = trial->state;

    if (forker == NULL)
        return;
    close_replies(trial, forker);
    close_fd(&forker->argument_fd);
    workers_close(&forker->workers, trial);
    spare_lanes_close(&forker->spare);
    free(forker->polled);
    free(forker->reply_checks);
    free(forker->receivers);
    free(forker->reply_fds);
    free(forker->slots);
    free(forker);
    trial->state = NULL;
}

const struct model model_process_per_task = {
    .name = "process-per-task",
    .kin = "multiprocessing.Process",
    .group = "Processes",
    .summary = "a new process for each task, waited for when it has ended",
    .about =
        "A new process for each task, forked when the task is started and waited for when it has ended, with at most as many "
        "alive as there may be tasks in flight. It isolates tasks from each other as nothing else does, and is how the "
        "first web servers ran programs. Each task pays for a fork, the copying of page tables, and whatever the process "
        "must set up anew, such as a connection.",
    .example = "ccbench --model=processes,process-per-task --workload=noop --tasks=1000",
    .can = STEP_ALL & ~STEP_SHARED,
    .cannot = "shares no memory, and so no counter (processes-shm does)",
    .parameters = {[START] = START_PARAMETER, CLIENT_PARAMETER},
    .many_cores = true,
    .per_task = true,
    .forks = true,
    .own_threads = true,
    .task_ns = 200000,
    .open = process_per_task_open,
    .run = process_per_task_run,
    .close = process_per_task_close,
    .work = process_per_task_work,
};

// SPDX-License-Identifier: MIT
// Worker processes, forked or spawned, that die with their parent and whose early death is noticed: processes, processes-shm and
// process-per-task.
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "measure/base/descriptors.h"
#include "models/carry/spawn.h"
#include "models/carry/stack/blocking.h"

struct workers {
    int child_fd; // signalfd of SIGCHLD, to be polled; -1: not open
    sigset_t old_mask;
    struct sigaction old_pipe;
    bool masked;
    // What workers reply with, `reply_stride` bytes for each, where the model has made that; NULL: each makes its own.
    char *replies;
    uint64_t reply_stride;
    pid_t *pids; // by worker; 0: reaped, or not started. Shared, so that writing one copies no page after each fork
    uint32_t count;
};

// Room for `count` workers, and SIGCHLD to the descriptor; writing to one that has died fails with EPIPE. 0 or -errno with
// trial_fail() called; close in any case.
int workers_open(struct workers *workers, struct trial *trial, uint32_t count);

// Forks worker `index`. The child opens its lane and calls run(lane), with lane->own = data, and then ends.
// 0 or -errno with trial_fail() called.
int workers_fork(struct workers *workers, struct trial *trial, uint32_t index, void (*run)(struct lane *lane),
                 void *data);

// Starts it as a fresh program instead, which calls the model's work with `given`: of that the model fills in what is its own.
// 0 or -errno with trial_fail() called.
int workers_spawn(struct workers *workers, struct trial *trial, uint32_t index, struct handover given);

// What a worker does between its start and its end, in either case: opens its lane, with `reply` to reply with (NULL: its own),
// calls run(lane) with lane->own = data, and closes it. 0 or -errno.
int worker_run(struct trial *trial, uint32_t index, char *reply, void (*run)(struct lane *lane), void *data);

// To be called when child_fd is readable while no worker may end: -ECHILD with trial_fail() called when one has.
int workers_check(struct workers *workers, struct trial *trial);

// Where one has ended since a child of its task died (gather.h): true with trial_fail() called, which says of what.
bool workers_blame_child(struct trial *trial);

// For models whose workers may end: empties child_fd, and takes the next one that has ended, if any.
void workers_settle(struct workers *workers);
bool workers_reap(struct workers *workers, uint32_t *ret_index, int *ret_status);

// Waits for all; after a failure of the trial they are killed first. Accepts a zeroed or half-opened one.
void workers_close(struct workers *workers, struct trial *trial);

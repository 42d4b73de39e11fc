// SPDX-License-Identifier: MIT
// One lane's reads of the trial's file under the models that must not block: libuv's pool of threads reads, the loop hears of
// it. The pool belongs to the process, whatever the number of loops: as many threads as cores, made in set-up, unless the
// environment has another UV_THREADPOOL_SIZE.
#pragma once

#include <stdint.h>
#include <uv.h>

#include "models/carry/lane.h"

struct reactor;

struct file_read {
    uv_fs_t request;
    struct reactor *reactor;
    struct lane *lane; // whose buffer it reads into, and whose place in the file it goes on from
    int fd;            // of the read under way
    uint32_t bytes;    // to be read; of a step at most STEP_BYTES_MAX
    int64_t offset;
    uint32_t check;                                   // what the read adds to the task's checksum, valid in done
    void (*done)(struct file_read *read, int status); // the read has ended; on the loop's thread
    void *owner;
};

// Where tasks read: settles how many threads libuv's pool will have. Sets environment variables: before there are other
// threads.
void file_pool_prepare(const struct trial *trial);
// Where tasks read: lets libuv start its threads now. 0 or -errno.
int file_pool_open(struct trial *trial, uv_loop_t *loop);
// Adds the counter "file_threads" where tasks read.
void file_pool_count(struct trial *trial);

// A zeroed one for `lane`, whose buffers are open; done and owner are the caller's. 0 or -errno with trial_fail() called.
int file_read_open(struct lane *lane, struct reactor *reactor, struct file_read **ret_read);
void file_read_close(struct file_read *read); // accepts NULL; after the reactor

// The read under way is given up if it has not begun; read->done is called in any case.
void file_read_cancel(struct file_read *read);

// Starts the step; read->done is called once it is complete, but never before this returns.
void file_read_start(struct file_read *read, const struct step *step);

// SPDX-License-Identifier: MIT
#include "models/carry/loop/file_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/base/task_status.h"
#include "models/carry/loop/reactor.h"

// libuv's own (threadpool.c).
#define POOL_DEFAULT 4
#define POOL_MOST 1024

static unsigned pool_threads;

void file_pool_prepare(const struct trial *trial)
{
    char text[16];
    const char *size;
    unsigned count;

    if (!(trial->kinds & STEP_BIT(STEP_READ)))
        return;
    snprintf(text, sizeof text, "%u", trial->cores);
    setenv("UV_THREADPOOL_SIZE", text, 0);
    // From 1.45 on libuv may read by io_uring instead: then what is measured would depend on its version.
    setenv("UV_USE_IO_URING", "0", 0);
    size = getenv("UV_THREADPOOL_SIZE");
    count = size != NULL ? (unsigned)strtol(size, NULL, 10) : POOL_DEFAULT;
    pool_threads = count == 0 ? 1 : count > POOL_MOST ? POOL_MOST : count;
}

static void do_nothing(uv_work_t *work)
{
}

static void on_nothing_done(uv_work_t *work, int status)
{
}

int file_pool_open(struct trial *trial, uv_loop_t *loop)
{
    uv_work_t work;
    int err;

    if (!(trial->kinds & STEP_BIT(STEP_READ)))
        return 0;
    err = uv_queue_work(loop, &work, do_nothing, on_nothing_done);
    if (err == 0)
        uv_run(loop, UV_RUN_DEFAULT);
    return err;
}

void file_pool_count(struct trial *trial)
{
    if (trial->kinds & STEP_BIT(STEP_READ))
        trial_count(trial, "file_threads", pool_threads);
}

int file_read_open(struct lane *lane, struct reactor *reactor, struct file_read **ret_read)
{
    struct file_read *read = calloc(1, sizeof *read);

    if (read == NULL)
        return trial_fail(lane->trial, -ENOMEM, "out of memory for the reads of %u tasks in flight",
                          lane->trial->lanes);
    read->lane = lane;
    read->reactor = reactor;
    *ret_read = read;
    return 0;
}

void file_read_close(struct file_read *read)
{
    free(read);
}

static void submit(struct file_read *read);

static void on_read(uv_fs_t *request)
{
    struct file_read *read = request->data;
    ssize_t n = request->result;

    uv_fs_req_cleanup(request);
    if (read->reactor->closing)
        return;
    if (n == UV_EINTR) {
        submit(read);
        return;
    }
    read->check = n > 0 ? (uint32_t)n : 0;
    read->done(read, n < 0 ? task_status_from_errno((int)-n) : 0);
}

static void submit(struct file_read *read)
{
    struct reactor *reactor = read->reactor;
    uv_buf_t buffer = uv_buf_init(read->lane->extra->read_buffer, read->bytes);
    int err;

    read->request.data = read;
    err = uv_fs_read(&reactor->loop, &read->request, read->fd, &buffer, 1, read->offset, on_read);
    if (err != 0)
        reactor->broken = trial_fail(reactor->trial, err, "cannot read: %s", uv_strerror(err));
}

void file_read_cancel(struct file_read *read)
{
    (void)uv_cancel((uv_req_t *)&read->request);
}

void file_read_start(struct file_read *read, const struct step *step)
{
    const struct trial *trial = read->lane->trial;

    read->fd = step->direct ? trial->direct_fd : trial->file_fd;
    read->bytes = (uint32_t)step->arg;
    read->offset = (int64_t)lane_next_offset(trial, &read->lane->extra->read_offset, step);
    submit(read);
}

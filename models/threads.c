// SPDX-License-Identifier: MIT
#include "models/carry/http_get.h"
#include "models/carry/stack/pool.h"
#include "models/model.h"

static int threads_open(struct trial *trial)
{
    struct pool *pool;
    int err = pool_open(trial, lane_run_all, &pool);

    trial->state = pool;
    return err;
}

static int threads_run(struct trial *trial)
{
    pool_run(trial->state);
    return 0;
}

static void threads_close(struct trial *trial)
{
    pool_close(trial->state);
    trial->state = NULL;
}

const struct model model_threads = {
    .name = "threads",
    .kin = "threads without a GIL: Java, C++, Python 3.13t",
    .also = "pthreads, pthread",
    .group = "Threads",
    .summary = "a pool of POSIX threads that take the next task when they are free",
    .about =
        "A pool of operating-system threads, made once, as many as there may be tasks in flight. Each takes the next task "
        "when it is free and runs it with ordinary blocking calls; the kernel switches between them and spreads them "
        "over the cores. So they help both waiting and computing, and the code stays simple; the price is a stack each, "
        "a switch through the kernel, and that they may race for shared data. Threads without a global interpreter lock: "
        "that is Go, C, Java, free-threaded Python, and code like NumPy's that lets go of Python's lock while it computes.",
    .example = "ccbench --model=threads,gil --workload=fib",
    .can = STEP_ALL,
    .parameters = {CLIENT_PARAMETER},
    .many_cores = true,
    .own_threads = true,
    .open = threads_open,
    .run = threads_run,
    .close = threads_close,
};

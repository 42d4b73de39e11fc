// SPDX-License-Identifier: MIT
// M:N: a scheduler of green threads for each core. An idle scheduler takes whatever task has arrived and not begun; a begun
// one never moves to another thread.
#include "models/green_scheduler.h"
#include "models/loop_threads.h"
#include "models/model.h"

static int open_scheduler(void *loop, struct trial *trial, const struct share *share)
{
    return green_scheduler_open(loop, trial, share, &green_claims, false);
}

static int run_scheduler(void *loop)
{
    return green_scheduler_run(loop);
}

static void stop_scheduler(void *loop)
{
    reactor_stop(&((struct green *)loop)->reactor);
}

static void close_scheduler(void *loop)
{
    green_scheduler_close(loop);
}

static int green_multi_open(struct trial *trial)
{
    static const struct loop_kind kind = {
        .loop_bytes = sizeof(struct green),
        .open = open_scheduler,
        .run = run_scheduler,
        .stop = stop_scheduler,
        .close = close_scheduler,
    };

    return loop_threads_open(trial, &kind);
}

const struct model model_green_multi = {
    .name = "green-multi",
    .kin = "Go, Erlang, Java's Loom",
    .group = "Coroutines and green threads",
    .summary = "green threads on all cores: one scheduler for each",
    .about = "Many green threads on few operating-system threads, one for each core: what Go calls goroutines, Erlang processes "
             "and Java virtual threads. A task that waits costs a stack and no kernel thread; tasks that compute run on all "
             "cores. An idle scheduler takes any task that has arrived and not begun; one that has begun stays where it is, "
             "unlike Go's, which may move it. There is no preemption: a task that computes holds its scheduler.",
    .example = "ccbench --model=threads,green,green-multi --workload=fib",
    .can = STEP_ALL,
    .many_cores = true,
    .open = green_multi_open,
    .run = loop_threads_run,
    .close = loop_threads_close,
};

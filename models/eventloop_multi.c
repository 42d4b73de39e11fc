// SPDX-License-Identifier: MIT
// One event loop for each core, each on a thread of its own; they share nothing but the tasks.
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "models/callbacks.h"
#include "models/gate.h"
#include "models/model.h"
#include "models/stack_size.h"

enum { GATE_CLOSED, GATE_RUN, GATE_GIVE_UP };

struct loop_thread {
    struct multi_loop *multi;
    struct callback_loop loop;
    uint32_t lanes;
    pthread_t thread;
    bool started;
};

struct multi_loop {
    struct trial *trial;
    struct loop_thread *threads;
    uint32_t count;
    gate_word opening; // threads that have not opened their loop yet
    gate_word gate;
    gate_word running;
    atomic_int err;    // of a thread that could not open its loop
};

// A loop is opened, run and closed on its own thread, as libuv and libcurl want it.
static void *thread_main(void *data)
{
    struct loop_thread *self = data;
    struct multi_loop *multi = self->multi;
    int err = callback_loop_open(&self->loop, multi->trial, self->lanes, callback_steps, NULL);

    if (err != 0)
        atomic_store(&multi->err, err);
    gate_leave(&multi->opening);
    gate_wait_while(&multi->gate, GATE_CLOSED);
    if (atomic_load(&multi->gate) == GATE_RUN) {
        callback_loop_run(&self->loop);
        gate_leave(&multi->running);
    }
    callback_loop_close(&self->loop);
    return NULL;
}

static int start_threads(struct multi_loop *multi)
{
    pthread_attr_t attributes;
    int err = pthread_attr_init(&attributes);

    if (err != 0)
        return -err;
    pthread_attr_setstacksize(&attributes, 4 * THREAD_STACK_BYTES);
    for (uint32_t i = 0; err == 0 && i < multi->count; i++) {
        struct loop_thread *thread = &multi->threads[i];

        thread->multi = multi;
        thread->lanes = multi->trial->lanes / multi->count + (i < multi->trial->lanes % multi->count);
        err = pthread_create(&thread->thread, &attributes, thread_main, thread);
        thread->started = err == 0;
        if (err != 0)
            atomic_fetch_sub(&multi->opening, multi->count - i);
    }
    pthread_attr_destroy(&attributes);
    return -err;
}

static int eventloop_multi_open(struct trial *trial)
{
    struct multi_loop *multi = calloc(1, sizeof *multi);
    int err;

    trial->state = multi;
    if (multi == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    multi->trial = trial;
    multi->count = trial->cores < trial->lanes ? trial->cores : trial->lanes;
    multi->threads = calloc(multi->count, sizeof *multi->threads);
    if (multi->threads == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    atomic_store(&multi->opening, multi->count);
    err = start_threads(multi);
    if (err != 0)
        trial_fail(trial, err, "cannot start %u loops: %s", multi->count, strerror(-err));
    gate_wait_all(&multi->opening);
    return err != 0 ? err : atomic_load(&multi->err);
}

static int eventloop_multi_run(struct trial *trial)
{
    struct multi_loop *multi = trial->state;

    atomic_store(&multi->running, multi->count);
    gate_set(&multi->gate, GATE_RUN);
    gate_wait_all(&multi->running);
    trial_count(trial, "loops", multi->count);
    return 0;
}

static void eventloop_multi_close(struct trial *trial)
{
    struct multi_loop *multi = trial->state;

    if (multi == NULL)
        return;
    if (atomic_load(&multi->gate) == GATE_CLOSED)
        gate_set(&multi->gate, GATE_GIVE_UP);
    for (uint32_t i = 0; multi->threads != NULL && i < multi->count; i++) {
        if (multi->threads[i].started)
            pthread_join(multi->threads[i].thread, NULL);
    }
    free(multi->threads);
    free(multi);
    trial->state = NULL;
}

const struct model model_eventloop_multi = {
    .name = "eventloop-multi",
    .kin = "nginx, Node's cluster",
    .summary = "one event loop for each core, each in a thread of its own",
    .about = "One event loop for each core, each on its own thread with its share of the lanes; they share nothing but the tasks. "
             "That is how nginx and Node's cluster use a machine: the event loop's thrift with waiting, and all cores for "
             "computing. A task that computes still stops the other tasks of its loop, but no longer all of them.",
    .example = "ccbench --model=eventloop,eventloop-multi --workload=fib",
    .can = STEP_ALL,
    .many_cores = true,
    .open = eventloop_multi_open,
    .run = eventloop_multi_run,
    .close = eventloop_multi_close,
};

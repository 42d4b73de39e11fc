// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure/base/task_status.h"
#include "models/carry/buffer.h"
#include "models/carry/messages/processes_pool.h"

static int cut_off(struct worker *worker)
{
    worker->cut_off = true;
    return task_status_from_errno(EPIPE);
}

// Every byte is copied out of the pipe, into memory of the worker's.
static int step_take(struct lane *lane, const struct step *step)
{
    struct worker *worker = lane->own;

    if (!message_read(worker->tasks_fd, worker->taken, step->arg))
        return cut_off(worker);
    worker->untaken -= step->arg;
    lane->check += buffer_touch(worker->taken, step->arg);
    return 0;
}

// The coordinator, which the reply is for, touches it and adds what it comes to.
static int step_reply(struct lane *lane, const struct step *step)
{
    struct worker *worker = lane->own;

    return message_send_reply(worker->replies_fd, worker->index, lane->extra->reply, step->arg) ? 0 : cut_off(worker);
}

// Of a task that failed half-way the rest of its argument lies before the next one's.
static void drain(const struct lane *lane, struct worker *worker)
{
    while (worker->untaken > 0 && !worker->cut_off) {
        uint64_t bytes = worker->untaken < lane->trial->payload_most ? worker->untaken : lane->trial->payload_most;

        if (!message_read(worker->tasks_fd, worker->taken, bytes))
            worker->cut_off = true;
        worker->untaken -= bytes;
    }
}

static struct task_result run_task(struct lane *lane, struct worker *worker, uint32_t class_index, uint64_t take_bytes)
{
    struct slot slot = {.class_index = (uint16_t)class_index};

    worker->untaken = take_bytes;
    lane->extra->trace.task = worker->index; // its slot is none of the trial's
    lane_run_task(lane, &slot);
    drain(lane, worker);
    return (struct task_result){.arrival_ns = slot.arrival_ns,
                                .begin_ns = slot.begin_ns,
                                .end_ns = slot.end_ns,
                                .check = slot.check,
                                .status = slot.status};
}

// Carries out a frame's tasks and puts their results, a message, at `to`; its bytes.
static size_t carry_out(struct lane *lane, const struct process_pool *pool, struct worker *worker,
                        const struct task_frame *frame, struct message_results *to)
{
    to->header = (struct message_header){
        .index = frame->first, .count = frame->count, .bytes = frame->count * sizeof *to->of};
    for (uint32_t i = 0; i < frame->count && !worker->cut_off; i++) {
        worker->index = frame->first + i;
        to->of[i] = run_task(lane, worker, frame->classes[i], pool->take_bytes[frame->classes[i]]);
    }
    return message_results_bytes(frame->count);
}

static uint32_t read_frames(const struct process_pool *pool, const struct worker *worker, char *frames)
{
    if (pool->frames_read > 1)
        return message_read_frames(worker->tasks_fd, frames, pool->frame_bytes, pool->frames_read);
    return message_read(worker->tasks_fd, frames, pool->frame_bytes) ? 1 : 0;
}

static void work_at(struct lane *lane, const struct process_pool *pool, struct worker *worker, char *results,
                    char *frames)
{
    uint32_t count;

    while (!worker->cut_off && (count = read_frames(pool, worker, frames)) > 0) {
        size_t bytes = 0;

        if (lane->free_ns == 0) // the run's start was not known yet when this process was forked
            lane->free_ns = atomic_load(&lane->trial->shared->run_start_ns);
        for (uint32_t i = 0; i < count && !worker->cut_off; i++) {
            const struct task_frame *frame = (const void *)(frames + i * pool->frame_bytes);

            if (frame->count == 0)
                return;
            bytes += carry_out(lane, pool, worker, frame, (void *)(results + bytes));
        }
        if (worker->cut_off || !message_send_results(worker->replies_fd, (const void *)results, bytes))
            break;
    }
}

// Where there is little to read and to answer it lies on the stack: a page that the process has copied already, as it would have to
// copy the heap's.
#define ROOM_BYTES 1024

static void work(struct lane *lane, const struct process_pool *pool, struct worker *worker)
{
    _Alignas(struct message_results) char room[ROOM_BYTES];
    size_t results_bytes = pool->frames_read * message_results_bytes(pool->chunk);
    size_t bytes = results_bytes + pool->frames_read * pool->frame_bytes;
    char *memory = bytes <= sizeof room ? room : malloc(bytes);

    if (memory == NULL)
        return;
    work_at(lane, pool, worker, memory, memory + results_bytes);
    if (memory != room)
        free(memory);
}

void process_pool_work(struct lane *lane)
{
    struct process_pool *pool = lane->own;
    struct trial *trial = lane->trial;
    struct worker worker = {.tasks_fd = pool->tasks[0], .replies_fd = pool->replies[1]};
    step_function *steps[STEP_KIND_COUNT];

    // The shared task pipe's end is the end of the work, so nobody else may hold it open. What is known of them is not changed:
    // that would copy a page.
    if (pool->tasks[1] >= 0)
        close(pool->tasks[1]);
    if (pool->replies[0] >= 0)
        close(pool->replies[0]);
    if (trial->kinds & STEP_BIT(STEP_TAKE))
        worker.taken = buffer_new_empty(trial->payload_most);
    memcpy(steps, lane_steps(lane), sizeof steps);
    steps[STEP_TAKE] = step_take;
    steps[STEP_REPLY] = step_reply;
    lane_use_steps(lane, steps);
    lane->own = &worker;
    if (worker.taken != NULL || !(trial->kinds & STEP_BIT(STEP_TAKE)))
        work(lane, pool, &worker);
    buffer_free(worker.taken, trial->payload_most);
}

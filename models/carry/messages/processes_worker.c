// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

    return message_send_reply(worker->replies_fd, worker->index, lane->reply, step->arg) ? 0 : cut_off(worker);
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
    lane->trace.task = worker->index;
    lane_run_task(lane, &slot);
    drain(lane, worker);
    return (struct task_result){.arrival_ns = slot.arrival_ns,
                                .begin_ns = slot.begin_ns,
                                .end_ns = slot.end_ns,
                                .check = slot.check,
                                .status = slot.status};
}

static void work_at(struct lane *lane, const struct process_pool *pool, struct worker *worker, struct task_frame *frame,
                    struct task_result *results)
{
    while (!worker->cut_off && message_read(worker->tasks_fd, frame, pool->frame_bytes) && frame->count > 0) {
        if (lane->claim.free_ns == 0) // the run's start was not known yet when this process was forked
            lane->claim.free_ns = atomic_load(&lane->trial->shared->run_start_ns);
        for (uint32_t i = 0; i < frame->count && !worker->cut_off; i++) {
            worker->index = frame->first + i;
            results[i] = run_task(lane, worker, frame->classes[i], pool->take_bytes[frame->classes[i]]);
        }
        if (worker->cut_off || !message_send_results(worker->replies_fd, frame->first, results, frame->count))
            break;
    }
}

void process_pool_work(struct lane *lane)
{
    struct process_pool *pool = lane->own;
    struct trial *trial = lane->trial;
    struct worker worker = {.tasks_fd = pool->tasks[0], .replies_fd = pool->replies[1]};
    struct task_frame *frame = malloc(pool->frame_bytes);
    struct task_result *results = malloc(pool->chunk * sizeof *results);
    step_function *steps[STEP_KIND_COUNT];

    // The shared task pipe's end is the end of the work, so nobody else may hold it open.
    close_fd(&pool->tasks[1]);
    close_fd(&pool->replies[0]);
    if (trial->kinds & STEP_BIT(STEP_TAKE))
        worker.taken = buffer_new_empty(trial->payload_most);
    memcpy(steps, lane_steps(lane), sizeof steps);
    steps[STEP_TAKE] = step_take;
    steps[STEP_REPLY] = step_reply;
    lane_use_steps(lane, steps);
    lane->own = &worker;
    if (frame != NULL && results != NULL && (worker.taken != NULL || !(trial->kinds & STEP_BIT(STEP_TAKE))))
        work_at(lane, pool, &worker, frame, results);
    buffer_free(worker.taken, trial->payload_most);
    free(results);
    free(frame);
}

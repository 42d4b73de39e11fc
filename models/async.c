// SPDX-License-Identifier: MIT
// Stackless coroutines, asyncio's way: a heap frame for each task and each nested call, a future for each step that
// waits, and a resumption that always comes from the ready queue and passes through all frames of the task from the
// outermost to the innermost, as `await` delegates it.
#include "models/carry/loop/async.h"
#include "models/carry/http_get.h"
#include "models/carry/lane_memory.h"

#include <errno.h>
#include <stdlib.h>

#include "measure/base/task_status.h"
#include "models/carry/loop/loop_alone.h"
#include "models/model.h"

// Takes the awaited result; a failed one ends the coroutine, as an exception would.
static int take_result(struct frame *frame)
{
    int status = frame->future->status;

    free(frame->future);
    frame->future = NULL;
    return status;
}

static int frame_resume(struct async_lane *lane, struct frame *frame);

// Awaits the nested coroutine: PENDING, or its status, with its frame freed.
static int resume_callee(struct async_lane *lane, struct frame *frame)
{
    int status = frame_resume(lane, frame->callee);

    if (status == PENDING)
        return PENDING;
    frame_free(lane->loop, frame->callee);
    frame->callee = NULL;
    return status;
}

// Continues what the coroutine was suspended in, if anything.
static int resume_await(struct async_lane *lane, struct frame *frame)
{
    if (frame->callee != NULL)
        return resume_callee(lane, frame);
    if (frame->future != NULL)
        return take_result(frame);
    if (frame->yields_left > 0) {
        frame->yields_left--;
        async_push_ready(lane);
        return PENDING;
    }
    return 0;
}

static int frame_resume(struct async_lane *lane, struct frame *frame)
{
    int status = resume_await(lane, frame);

    while (status == 0) {
        if (frame->index == frame->program->length) {
            if (frame->left == 0)
                return 0;
            frame->left--;
            frame->index = 0;
            continue;
        }
        const struct step *step = &frame->program->steps[frame->index++];

        status = async_steps[step->kind](lane, frame, step);
        if (status == 0 && frame->callee != NULL)
            status = resume_callee(lane, frame);
    }
    return status;
}

static void end_task(struct async_lane *lane, int status)
{
    struct async_loop *loop = lane->loop;
    struct turn_loop *turns = &loop->turns;
    uint64_t end_ns;

    step_context_settle(lane->context);
    frame_free(loop, lane->root);
    lane->root = NULL;
    if (lane->child) {
        async_child_end(lane, status);
        return;
    }
    if (trial_end(turns->trial, lane->slot, status, lane->check, &end_ns))
        trace_end_task(turns->trial, async_trace(lane), lane->slot);
    lane->free_ns = turns->last_ns = end_ns;
}

static int begin_task(struct async_lane *lane, struct slot *slot)
{
    struct turn_loop *turns = &lane->loop->turns;

    lane->slot = slot;
    lane->check = 0;
    lane->waited = false;
    if (trial_begin(turns->trial, slot, lane->free_ns))
        trace_begin_task(turns->trial, async_trace(lane), slot);
    turns->last_ns = slot->begin_ns;
    lane->root = frame_new(lane->loop, trial_program(turns->trial, slot), 1);
    return lane->root != NULL ? 0 : task_status_from_errno(ENOMEM);
}

// Begins the task in `slot`, or continues the lane's where that is NULL; false while it awaits something.
static bool run_task(struct async_lane *lane, struct slot *slot)
{
    int status = slot != NULL ? begin_task(lane, slot) : 0;

    lane->loop->resumptions++;
    if (status == 0)
        status = frame_resume(lane, lane->root);
    if (status == PENDING)
        return false;
    end_task(lane, status);
    return true;
}

static bool any_ready(const struct turn_loop *turns);
static void run_ready(struct turn_loop *turns);
static void begin(struct turn_loop *turns, struct queue_item *item, struct slot *slot);

static const struct turn_style style = {.any_ready = any_ready, .run_ready = run_ready, .begin = begin};

// The same, and those that the lane goes on with.
static void run_tasks(struct async_lane *lane, struct slot *slot)
{
    while (run_task(lane, slot)) {
        if (lane->child)
            return;
        slot = turn_end_task(&lane->loop->turns, &style, &lane->item, lane->waited);
        if (slot == NULL)
            return;
    }
}

static struct async_lane *lane_of_item(struct queue_item *item)
{
    return CONTAINER_OF(item, struct async_lane, item);
}

static void begin(struct turn_loop *turns, struct queue_item *item, struct slot *slot)
{
    run_tasks(lane_of_item(item), slot);
}

static bool any_ready(const struct turn_loop *turns)
{
    return CONTAINER_OF(turns, struct async_loop, turns)->ready.first != NULL;
}

static void run_ready(struct turn_loop *turns)
{
    struct async_loop *loop = CONTAINER_OF(turns, struct async_loop, turns);
    const struct slice slice = turn_begin_slice(turns);

    for (uint32_t n = 0; loop->ready.first != NULL && turn_goes_on(turns, &slice, n); n++)
        run_tasks(lane_of_item(queue_pop(&loop->ready)), NULL);
}

static int open_loop(void *data, struct trial *trial, const struct share *share)
{
    struct async_loop *loop = data;
    uint32_t children = share->lanes * trial->children, all = share->lanes + children;
    int err;

    queue_init(&loop->ready);
    loop->lanes_bytes = all * sizeof *loop->lanes;
    loop->lanes = lane_memory_new(loop->lanes_bytes);
    if (trial->trace != NULL) {
        loop->traces = trace_lanes_new(share->first, share->lanes, children);
        async_trace_steps();
    }
    if (loop->lanes == NULL || (trial->trace != NULL && loop->traces == NULL) ||
        async_children_open(loop, share->lanes, children) != 0)
        return trial_fail(trial, -ENOMEM, "out of memory for %u tasks in flight", share->lanes);
    err = turn_loop_open(&loop->turns, trial, share);
    while (err == 0 && loop->opened < all) {
        struct async_lane *lane = &loop->lanes[loop->opened];

        lane->loop = loop;
        lane->child = loop->opened >= share->lanes;
        err = async_lane_open(lane, loop->opened++);
    }
    return err;
}

static int run_loop(void *data)
{
    struct async_loop *loop = data;

    intake_rest_all(&loop->turns.intake, &loop->lanes->item, &loop->lanes->free_ns, loop->turns.count,
                    sizeof *loop->lanes);
    return turn_loop_run(&loop->turns, &style);
}

static void count(void *data, struct trial *trial)
{
    const struct async_loop *loop = data;

    trial_count(trial, "frames_allocated", loop->frames_allocated);
    trial_count(trial, "frames_freed", loop->frames_freed);
    trial_count(trial, "futures_allocated", loop->futures_allocated);
    trial_count(trial, "resumptions", loop->resumptions);
}

static void close_loop(void *data)
{
    struct async_loop *loop = data;

    reactor_close(&loop->turns.reactor);
    for (uint32_t i = 0; i < loop->opened; i++)
        async_lane_close(&loop->lanes[i]);
    family_close(&loop->family);
    free(loop->traces);
    lane_memory_free(loop->lanes, loop->lanes_bytes);
}

static int async_open(struct trial *trial)
{
    static const struct loop_kind kind = {
        .loop_bytes = sizeof(struct async_loop),
        .open = open_loop,
        .run = run_loop,
        .count = count,
        .close = close_loop,
    };

    return loop_alone_open(trial, &kind);
}

const struct model model_async = {
    .name = "async",
    .kin = "asyncio: async/await",
    .also = "coroutines, coroutine, trio, uvloop, curio",
    .group = "Coroutines and green threads",
    .summary = "stackless coroutines with frames and futures on one event loop",
    .about =
        "Stackless coroutines on the same event loop as eventloop, as asyncio has them: each task is a coroutine whose frame "
        "is allocated on the heap, each thing it awaits is a future, and it continues when the loop finds it in the ready "
        "queue. The code reads like a blocking program with `await` wherever it may pause, and only there can another "
        "task run. It shares the event loop's weakness: a task that computes stops all others, and one core is all it "
        "uses.",
    .example = "ccbench --model=eventloop,async,green --workload=sleep:50ms --tasks=10k --concurrency=10k",
    .can = STEP_ALL,
    .parameters = {CLIENT_PARAMETER},
    .open = async_open,
    .run = loop_alone_run,
    .close = loop_alone_close,
};

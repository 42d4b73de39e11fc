// SPDX-License-Identifier: MIT
// Stackless coroutines, asyncio's way: a heap frame for each task and each nested call, a future for each step that
// waits, and a resumption that always comes from the ready queue and passes through all frames of the task from the
// outermost to the innermost, as `await` delegates it.
#include <errno.h>
#include <stdlib.h>

#include "measure/status.h"
#include "models/http_get.h"
#include "models/model.h"
#include "models/reactor.h"
#include "workloads/compute.h"

struct async_lane;

// The result of one awaited operation, to come.
struct future {
    struct timer_entry timer;
    struct async_lane *waiter;
    int status;
};

// A coroutine's local state while it is suspended.
struct frame {
    const struct program *program;
    size_t index;          // of the step under way or next
    uint64_t left;         // repetitions of the list still to come; of a yield: switches still to come
    struct frame *callee;  // the coroutine this one awaits
    struct future *future; // what the innermost one awaits
    uint64_t yields_left;
};

struct async_lane {
    struct async_loop *loop;
    struct async_lane *next; // in the ready queue
    struct slot *slot;
    struct frame *root;      // the task's outermost coroutine; NULL between tasks
    struct http_get *get;
    struct claim claim;
    uint32_t check;
    bool waited;             // the task has awaited something of the reactor
};

struct async_loop {
    struct trial *trial;
    struct reactor reactor;
    struct async_lane *lanes;
    uint32_t opened;
    struct async_lane *ready, **ready_end;
    uint32_t ended;
    uint32_t woken; // by the last poll
    uint64_t last_ns;
    uint64_t frames_allocated, frames_freed, futures_allocated, resumptions;
};

// What resuming a coroutine came to: it awaits, or it returned a status ≥ 0.
#define PENDING (-1)

static void push_ready(struct async_lane *lane)
{
    lane->next = NULL;
    *lane->loop->ready_end = lane;
    lane->loop->ready_end = &lane->next;
}

static struct frame *frame_new(struct async_loop *loop, const struct program *program, uint64_t times)
{
    struct frame *frame = calloc(1, sizeof *frame);

    if (frame == NULL)
        return NULL;
    frame->program = program;
    frame->left = times - 1;
    loop->frames_allocated++;
    return frame;
}

static void frame_free(struct async_loop *loop, struct frame *frame)
{
    if (frame == NULL)
        return;
    frame_free(loop, frame->callee);
    free(frame->future);
    free(frame);
    loop->frames_freed++;
}

// A future's completion only queues its task: what runs, runs from the loop.
static void resolve(struct future *future, int status)
{
    future->status = status;
    future->waiter->loop->woken++;
    push_ready(future->waiter);
}

static void on_timer(struct timer_entry *entry)
{
    resolve((struct future *)entry, 0);
}

static struct future *await_future(struct async_lane *lane, struct frame *frame)
{
    struct future *future = malloc(sizeof *future);

    if (future == NULL)
        return NULL;
    *future = (struct future){.timer.fire = on_timer, .waiter = lane};
    lane->loop->futures_allocated++;
    lane->waited = true;
    frame->future = future;
    return future;
}

static void on_fetched(struct http_get *get, int status)
{
    struct future *future = get->owner;

    future->waiter->check += get->check;
    resolve(future, status);
}

// Each starts its step: PENDING, 0 when it is already complete, or a status.
typedef int async_step(struct async_lane *lane, struct frame *frame, const struct step *step);

static int step_sleep(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    struct future *future = await_future(lane, frame);

    if (future == NULL)
        return (STATUS_ERRNO + ENOMEM);
    reactor_sleep(&lane->loop->reactor, step->arg, &future->timer);
    return PENDING;
}

static int step_fetch(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    struct future *future = await_future(lane, frame);

    if (future == NULL)
        return (STATUS_ERRNO + ENOMEM);
    lane->get->owner = future;
    reactor_fetch(&lane->loop->reactor, lane->get, step);
    return PENDING;
}

static int step_compute(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    (void)frame;
    lane->check += compute_repeated((unsigned)step->arg, step->times);
    return 0;
}

static int step_block(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    (void)lane, (void)frame;
    clock_sleep_until_ns(clock_now_ns() + step->arg);
    return 0;
}

// sleep(0): no future, straight to the back of the queue.
static int step_yield(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    frame->yields_left = step->arg - 1;
    push_ready(lane);
    return PENDING;
}

static int step_call(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    if (step->arg == 0)
        return 0;
    frame->callee = frame_new(lane->loop, step->callee, step->arg);
    return frame->callee != NULL ? 0 : (STATUS_ERRNO + ENOMEM);
}

static async_step *const async_steps[STEP_KIND_COUNT] = {
    [STEP_SLEEP] = step_sleep,
    [STEP_FETCH] = step_fetch,
    [STEP_COMPUTE] = step_compute,
    [STEP_BLOCK] = step_block,
    [STEP_YIELD] = step_yield,
    [STEP_CALL] = step_call,
};

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
        push_ready(lane);
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

    frame_free(loop, lane->root);
    lane->root = NULL;
    lane->claim.free_ns = trial_end(loop->trial, lane->slot, status, lane->check);
    loop->last_ns = lane->claim.free_ns;
    loop->ended++;
}

static int begin_task(struct async_lane *lane)
{
    struct trial *trial = lane->loop->trial;

    lane->check = 0;
    lane->waited = false;
    trial_begin(trial, lane->slot, lane->claim.free_ns);
    lane->loop->last_ns = lane->slot->begin_ns;
    lane->root = frame_new(lane->loop, trial_program(trial, lane->slot), 1);
    return lane->root != NULL ? 0 : (STATUS_ERRNO + ENOMEM);
}

// Begins or continues the lane's task; false while it awaits something.
static bool run_task(struct async_lane *lane)
{
    int status = lane->root != NULL ? 0 : begin_task(lane);

    lane->loop->resumptions++;
    if (status == 0)
        status = frame_resume(lane, lane->root);
    if (status == PENDING)
        return false;
    end_task(lane, status);
    return true;
}

static void run_lane(struct async_lane *lane)
{
    while (run_task(lane)) {
        lane->slot = trial_claim(lane->loop->trial, &lane->claim);
        if (lane->slot == NULL)
            return;
        if (!lane->waited) {
            push_ready(lane);
            return;
        }
    }
}

static void run_ready(struct async_loop *loop)
{
    uint64_t slice_end_ns = loop->last_ns + REACTOR_SLICE_NS;
    uint32_t woken = loop->woken;

    loop->woken = 0;
    for (unsigned n = 0; loop->ready != NULL; n++) {
        struct async_lane *lane = loop->ready;

        if (n >= woken && (n >= REACTOR_BUDGET || loop->last_ns >= slice_end_ns))
            return;
        loop->ready = lane->next;
        if (loop->ready == NULL)
            loop->ready_end = &loop->ready;
        run_lane(lane);
    }
}

static int open_lane(struct async_loop *loop, struct async_lane *lane)
{
    struct trial *trial = loop->trial;

    lane->loop = loop;
    if (trial->kinds & STEP_BIT(STEP_FETCH)) {
        int err = http_get_open(trial, &lane->get);

        if (err != 0)
            return err;
        lane->get->done = on_fetched;
        reactor_assign(&loop->reactor, lane->get, loop->opened);
    }
    loop->opened++;
    return 0;
}

static int async_open(struct trial *trial)
{
    struct async_loop *loop = calloc(1, sizeof *loop);
    int err;

    trial->state = loop;
    if (loop == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    loop->trial = trial;
    loop->ready_end = &loop->ready;
    loop->lanes = calloc(trial->lanes, sizeof *loop->lanes);
    if (loop->lanes == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory for %u lanes", trial->lanes);
    err = reactor_open(&loop->reactor, trial, trial->lanes);
    while (err == 0 && loop->opened < trial->lanes)
        err = open_lane(loop, &loop->lanes[loop->opened]);
    return err;
}

static int async_run(struct trial *trial)
{
    struct async_loop *loop = trial->state;

    loop->last_ns = trial->run_start_ns;
    for (uint32_t i = 0; i < trial->lanes; i++) {
        struct async_lane *lane = &loop->lanes[i];

        lane->claim.free_ns = trial->run_start_ns;
        lane->slot = trial_claim(trial, &lane->claim);
        if (lane->slot != NULL)
            push_ready(lane);
    }
    for (;;) {
        run_ready(loop);
        if (loop->ended == trial->tasks)
            break;
        if (reactor_turn(&loop->reactor, loop->ready == NULL) != 0)
            return loop->reactor.broken;
    }
    trial_count(trial, "frames_allocated", loop->frames_allocated);
    trial_count(trial, "frames_freed", loop->frames_freed);
    trial_count(trial, "futures_allocated", loop->futures_allocated);
    trial_count(trial, "resumptions", loop->resumptions);
    return 0;
}

static void async_close(struct trial *trial)
{
    struct async_loop *loop = trial->state;

    if (loop == NULL)
        return;
    reactor_close(&loop->reactor);
    for (uint32_t i = 0; i < loop->opened; i++) {
        frame_free(loop, loop->lanes[i].root);
        http_get_close(loop->lanes[i].get);
    }
    free(loop->lanes);
    free(loop);
    trial->state = NULL;
}

const struct model model_async = {
    .name = "async",
    .kin = "asyncio: async/await",
    .group = "Coroutines and green threads",
    .summary = "stackless coroutines with frames and futures on one event loop",
    .about = "Stackless coroutines on the same event loop as eventloop, as asyncio has them: each task is a coroutine whose frame "
             "is allocated on the heap, each thing it awaits is a future, and it continues when the loop finds it in the ready "
             "queue. The code reads like a blocking program with `await` wherever it may pause, and only there can another "
             "task run. It shares the event loop's weakness: a task that computes stops all others, and one core is all it "
             "uses.",
    .example = "ccbench --model=eventloop,async,green --workload=sleep:50ms --tasks=10k --concurrency=10k",
    .can = STEP_ALL,
    .open = async_open,
    .run = async_run,
    .close = async_close,
};

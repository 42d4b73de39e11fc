// SPDX-License-Identifier: MIT
#include "models/carry/loop/step_context.h"

#include <errno.h>
#include <stdlib.h>

#include "models/carry/queue.h"

static step_function *const inline_steps[STEP_KIND_COUNT] = {
    LANE_FILE_STEPS(LANE_STEP) LANE_STEPS(LANE_STEP) // none of them waits
};

int step_context_open(struct reactor *reactor, uint32_t index, void *owner, void (*locked)(struct continuation *waiter),
                      void (*read_done)(struct file_read *read, int status), struct step_context **ret_context)
{
    struct trial *trial = reactor->trial;
    struct step_context *context;
    int err;

    if (!(trial->kinds & STEP_CONTEXT_STEPS))
        return 0;
    if (posix_memalign((void **)&context, CACHE_LINE, sizeof *context) != 0)
        return trial_fail(trial, -ENOMEM, "out of memory for %u tasks in flight", trial->lanes);
    *context = (struct step_context){
        .lane = {.steps = inline_steps, .trial = trial, .extra = &context->extra, .index = index, .own = owner},
        .extra = {.borrowed = true},
        .waiter = {.continuation.run = locked, .home = reactor->home},
    };
    *ret_context = context;
    err = lane_open_buffers(&context->lane, trial);
    if (err == 0 && trial->kinds & STEP_BIT(STEP_READ))
        err = file_read_open(&context->lane, reactor, &context->read);
    if (err == 0 && context->read != NULL) {
        context->read->done = read_done;
        context->read->owner = owner;
    }
    return err;
}

void step_context_close(struct step_context *context)
{
    if (context == NULL)
        return;
    file_read_close(context->read);
    lane_close_buffers(&context->lane);
    free(context);
}

struct step_context *step_context_handed(struct continuation *continuation)
{
    struct step_context *context = CONTAINER_OF(continuation, struct step_context, waiter.continuation);

    context->status = lane_take_lock(&context->lane, context->lane.locking);
    return context;
}

int step_context_lock(struct step_context *context, const struct step *step)
{
    context->lane.locking = (uint16_t)step->kind;
    if (!shared_lock_take(lane_lock_of(&context->lane, step->kind), &context->waiter))
        return LANE_PARK;
    return lane_take_lock(&context->lane, step->kind);
}

int step_context_try_lock(struct step_context *context, const struct step *step)
{
    if (!shared_lock_try(lane_lock_of(&context->lane, step->kind), &context->waiter))
        return LANE_PARK;
    return lane_take_lock(&context->lane, step->kind);
}

int step_context_unlock(struct step_context *context, enum step_kind kind)
{
    return lane_give_lock(&context->lane, kind, context->waiter.home);
}

// SPDX-License-Identifier: MIT
// The callback style in a traced trial. Where a step waits, its end is stamped once its lane goes on: with the next step, or the
// task's end.
#include "models/carry/loop/callbacks.h"

// So many yields are as many steps, of a list that is repeated.
static bool repeat_yield(struct callback_lane *lane, const struct step *step)
{
    static struct step one = {.kind = STEP_YIELD, .arg = 1};
    static const struct program list = {.steps = &one, .length = 1};

    lane->stack[++lane->depth] = (struct callback_position){.program = &list, .left = step->arg - 1};
    return true;
}

static bool step_traced(struct callback_lane *lane, const struct step *step)
{
    const struct trial *trial = lane->loop->turns.trial;
    struct trace_lane *trace = callback_trace(lane);
    bool again = lane->context != NULL && lane->context->again; // it has the lock now that it waited for

    if (!again)
        trace_end_step(trial, trace);
    if (step->kind == STEP_CALL)
        return lane->loop->traced[STEP_CALL](lane, step);
    if (step->kind == STEP_YIELD && step->arg > 1)
        return repeat_yield(lane, step);
    if (!again)
        trace_begin_step(trial, trace, step);
    if (!lane->loop->traced[step->kind](lane, step))
        return false; // it waits; or the task has failed, and the lane may have begun another
    trace_end_step(trial, trace);
    return true;
}

#define STEP_TRACED(id, ...) [STEP_##id] = step_traced,

callback_step *const callback_traced_steps[STEP_KIND_COUNT] = {STEP_KINDS(STEP_TRACED)};

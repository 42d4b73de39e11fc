// SPDX-License-Identifier: MIT
#include <string.h>

#include "models/carry/loop/async.h"

static async_step *steps[STEP_KIND_COUNT]; // below those that stamp them

// So many yields are as many steps: the next one is the same once more.
static int step_yield(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    static const struct step one = {.kind = STEP_YIELD, .arg = 1};
    struct trace_lane *trace = async_trace(lane);

    if (trace->yields == 0)
        trace->yields = step->arg;
    if (--trace->yields > 0)
        frame->index--;
    return steps[STEP_YIELD](lane, frame, &one);
}

static int step_traced(struct async_lane *lane, struct frame *frame, const struct step *step)
{
    const struct trial *trial = lane->loop->turns.trial;
    struct trace_lane *trace = async_trace(lane);
    int status;

    if (trace->unborn)
        trace_begin_child(trial, trace);
    trace_end_step(trial, trace);
    if (step->kind == STEP_CALL)
        return steps[STEP_CALL](lane, frame, step);
    trace_begin_step(trial, trace, step);
    status = step->kind == STEP_YIELD ? step_yield(lane, frame, step) : steps[step->kind](lane, frame, step);
    if (status != PENDING)
        trace_end_step(trial, trace);
    return status;
}

void async_trace_steps(void)
{
    memcpy(steps, async_steps, sizeof steps);
    for (enum step_kind kind = 0; kind < STEP_KIND_COUNT; kind++)
        async_steps[kind] = step_traced;
}

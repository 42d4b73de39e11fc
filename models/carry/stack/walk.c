// SPDX-License-Identifier: MIT
#include "models/carry/stack/walk.h"
#include "models/carry/stack/fiber.h"

// A traced step parks here rather than in the walk, so that its end is stamped when it is over.
static int step_traced(struct lane *lane, const struct step *step)
{
    int status;

    trace_begin_step(lane->trial, &lane->trace, step);
    status = lane->traced[step->kind](lane, step);
    if (status == LANE_PARK)
        status = fiber_park(lane->fiber);
    trace_end_step(lane->trial, &lane->trace);
    return status;
}

#define STEP_TRACED(id, ...) [STEP_##id] = step_traced,

static step_function *const traced_steps[STEP_KIND_COUNT] = {STEP_KINDS(STEP_TRACED)};

void lane_use_steps(struct lane *lane, step_function *const *steps)
{
    bool traced = lane->trial->trace != NULL;

    lane->steps = traced ? traced_steps : steps;
    lane->traced = traced ? steps : NULL;
    lane->trace.task = TRACE_NO_TASK;
    lane->trace.lane = lane->index;
}

// Parking happens here, not in a function that returns after the jump: a return that does not match its call costs a
// mispredicted branch on every switch.
int walk(struct lane *lane, const struct program *program)
{
    const struct step *end = program->steps + program->length;

    for (const struct step *step = program->steps; step != end; step++) {
        uint64_t times = step->kind == STEP_CALL || step->kind == STEP_YIELD ? step->arg : 1;

        for (; times > 0; times--) {
            int status = step->kind == STEP_CALL ? walk(lane, step->callee) : lane->steps[step->kind](lane, step);

            if (status == LANE_PARK)
                status = fiber_park(lane->fiber);
            if (__builtin_expect(status != 0, 0))
                return status;
        }
    }
    return 0;
}

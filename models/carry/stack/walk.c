// SPDX-License-Identifier: MIT
#include "models/carry/stack/walk.h"

// A traced step parks here rather than in the walk, so that its end is stamped when it is over.
static int step_traced(struct lane *lane, const struct step *step)
{
    int status;

    trace_begin_step(lane->trial, &lane->extra->trace, step);
    if (step->kind == STEP_YIELD && lane->parks)
        status = fiber_yield(lane_fiber(lane), 1);
    else
        status = lane->extra->traced[step->kind](lane, step);
    if (status == LANE_PARK)
        status = fiber_park(lane_fiber(lane));
    trace_end_step(lane->trial, &lane->extra->trace);
    return status;
}

#define STEP_TRACED(id, ...) [STEP_##id] = step_traced,

static step_function *const traced_steps[STEP_KIND_COUNT] = {STEP_KINDS(STEP_TRACED)};

void lane_use_steps(struct lane *lane, step_function *const *steps)
{
    lane->steps = steps;
    if (lane->trial->trace == NULL)
        return;
    lane->steps = traced_steps;
    lane->extra->traced = steps;
    lane->extra->trace.task = TRACE_NO_TASK;
    lane->extra->trace.lane = lane->index;
}

void lane_give_up(struct lane *lane)
{
    if (lane->locked)
        lane_steps(lane)[STEP_UNLOCK](lane, NULL);
    if (lane->file_locked)
        lane_steps(lane)[STEP_UNLOCK_FILE](lane, &(struct step){.kind = STEP_UNLOCK_FILE});
}

// Whether the step is a green thread's yield, which is carried out here, all its times, unless each has a stamp.
static bool goes_to_the_back(const struct lane *lane, const struct step *step)
{
    return step->kind == STEP_YIELD && lane->parks && lane->steps != traced_steps;
}

// Carries out the step once. Parking happens here, and this in walk(), not in a function that returns after the jump: a return that
// does not match its call costs a mispredicted branch on every switch.
static inline __attribute__((always_inline)) int carry_out(struct lane *lane, const struct step *step)
{
    int status = step->kind == STEP_CALL ? walk(lane, step->callee) : lane->steps[step->kind](lane, step);

    return status == LANE_PARK ? fiber_park(lane_fiber(lane)) : status;
}

int walk(struct lane *lane, const struct program *program)
{
    const struct step *end = program->steps + program->length;

    for (const struct step *step = program->steps; step != end; step++) {
        uint64_t times = step->kind == STEP_CALL || step->kind == STEP_YIELD ? step->arg : 1;
        int status = 0;

        if (goes_to_the_back(lane, step))
            status = fiber_yield(lane_fiber(lane), times);
        else
            for (; times > 0 && status == 0; times--)
                status = carry_out(lane, step);
        if (__builtin_expect(status != 0, 0))
            return status;
    }
    return 0;
}

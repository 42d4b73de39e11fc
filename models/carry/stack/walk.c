// SPDX-License-Identifier: MIT
#include "models/carry/stack/walk.h"
#include "models/carry/stack/fiber.h"

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

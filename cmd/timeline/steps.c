// SPDX-License-Identifier: MIT
#include "cmd/timeline/steps.h"

#include "workloads/program/step_kinds.h"

static const enum timeline_nature natures[STEP_KIND_COUNT] = {
    [STEP_SLEEP] = TIMELINE_NATURE_WAIT,     [STEP_FETCH] = TIMELINE_NATURE_CLIENT,
    [STEP_READ] = TIMELINE_NATURE_CLIENT,    [STEP_BLOCK] = TIMELINE_NATURE_BLOCK,
    [STEP_YIELD] = TIMELINE_NATURE_YIELD,    [STEP_LOCK] = TIMELINE_NATURE_LOCK,
    [STEP_LOCK_FILE] = TIMELINE_NATURE_LOCK, [STEP_GATHER] = TIMELINE_NATURE_WAIT,
    [STEP_FUNCTION] = TIMELINE_NATURE_CALL,
};

struct timeline_steps timeline_step_kinds(void)
{
    static struct timeline_step items[STEP_KIND_COUNT];

    for (int kind = 0; kind < STEP_KIND_COUNT; kind++)
        items[kind] = (struct timeline_step){.word = step_rows[kind].name, .nature = natures[kind]};
    return (struct timeline_steps){.items = items, .count = STEP_KIND_COUNT};
}

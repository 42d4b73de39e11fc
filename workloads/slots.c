// SPDX-License-Identifier: MIT
#include "workloads/slots.h"

#include <string.h>

#include "measure/rng.h"

// Deals the classes by Bresenham's rule: class c gets its k-th task as soon as its exact share reaches k, so that the
// counts are the exact shares rounded, and sum to `tasks`.
static void deal(struct slot *slots, uint32_t tasks, const struct task_mix *mix)
{
    uint64_t total = 0, before = 0;
    uint32_t filled = 0;

    for (size_t i = 0; i < mix->count; i++)
        total += mix->classes[i].weight;
    for (size_t i = 0; i < mix->count; i++) {
        uint32_t until;

        before += mix->classes[i].weight;
        until = (uint32_t)((tasks * before + total / 2) / total);
        for (; filled < until && filled < tasks; filled++)
            slots[filled].class_index = (uint16_t)i;
    }
}

void slots_fill(struct slot *slots, uint32_t tasks, const struct task_mix *mix, uint64_t seed)
{
    struct rng rng = {.state = seed};

    memset(slots, 0, tasks * sizeof *slots);
    if (mix->count < 2)
        return;
    deal(slots, tasks, mix);
    // Fisher and Yates (Durstenfeld 1964).
    for (uint32_t i = tasks; i > 1; i--) {
        uint32_t j = rng_below(&rng, i);
        uint16_t class_index = slots[i - 1].class_index;

        slots[i - 1].class_index = slots[j].class_index;
        slots[j].class_index = class_index;
    }
}

// SPDX-License-Identifier: MIT
// The tasks of a trial sorted by class.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "measure/slot.h"

// Class c's tasks are the slots order[first[c]] … order[first[c + 1] - 1], in the order of the slots. Those that never
// ended, or are of a class that there is not, are in none.
struct groups {
    uint32_t *first, *order; // owned
};

// 0 or -ENOMEM; groups_release() in any case.
int groups_make(const struct slot *slots, uint32_t tasks, uint32_t classes, struct groups *ret_groups);
void groups_release(struct groups *groups);

static inline size_t groups_count(const struct groups *groups, uint32_t class_index)
{
    return groups->first[class_index + 1] - groups->first[class_index];
}

static inline const uint32_t *groups_of(const struct groups *groups, uint32_t class_index)
{
    return groups->order + groups->first[class_index];
}

// SPDX-License-Identifier: MIT
#include "measure/groups.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

static bool belongs(const struct slot *slot, uint32_t classes)
{
    return slot->end_ns != 0 && slot->class_index < classes;
}

// A counting sort: a mix may have a thousand classes and a million tasks.
int groups_make(const struct slot *slots, uint32_t tasks, uint32_t classes, struct groups *ret_groups)
{
    uint32_t *first = calloc((size_t)classes + 2, sizeof *first);
    uint32_t *order = calloc((size_t)tasks + 1, sizeof *order);

    *ret_groups = (struct groups){.first = first, .order = order};
    if (first == NULL || order == NULL)
        return -ENOMEM;
    // Two further on, so that filling moves each class's place to where the class begins in the end.
    for (uint32_t i = 0; i < tasks; i++) {
        if (belongs(&slots[i], classes))
            first[slots[i].class_index + 2]++;
    }
    for (uint32_t c = 0; c < classes; c++)
        first[c + 2] += first[c + 1];
    for (uint32_t i = 0; i < tasks; i++) {
        if (belongs(&slots[i], classes))
            order[first[slots[i].class_index + 1]++] = i;
    }
    return 0;
}

void groups_release(struct groups *groups)
{
    free(groups->first);
    free(groups->order);
    *groups = (struct groups){0};
}

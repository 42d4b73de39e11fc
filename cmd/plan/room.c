// SPDX-License-Identifier: MIT
#include "cmd/plan/room.h"

#include <math.h>
#include <stdlib.h>

#include "measure/base/procfs.h"
#include "measure/base/units.h"
#include "measure/machine/cgroup.h"

double room_needed(const struct block *block, const struct cell *cell)
{
    const struct model *model = cell->entry->model;
    double most = (double)block->payload_most, lanes = fmin(cell->lanes, block->tasks);
    double argument = block->kinds & STEP_BIT(STEP_TAKE) ? most : 0;
    double reply = block->kinds & STEP_BIT(STEP_REPLY) ? most : 0;
    bool messages = model->forks && model->task_ns > 0;

    if (model->pretends)
        return 0;
    // A reply is filled by the worker, and read into memory of the coordinator's.
    return argument + lanes * (messages ? argument + 2 * reply : reply);
}

double room_left(const char *root)
{
    double limit = cgroup_memory_max(root);
    char *text = procfs_text("%s/proc/meminfo", root);
    uint64_t available;

    if (procfs_value_bytes(text, "MemAvailable", &available))
        limit = limit > 0 ? fmin(limit, (double)available) : (double)available;
    free(text);
    return limit;
}

void room_judge(const struct block *block, struct cell *cell)
{
    double needed = room_needed(block, cell), left = needed > 0 ? room_left("") : 0;
    char needs[UNITS_TEXT], has[UNITS_TEXT];

    if (left > 0 && needed > left)
        cell_end(cell, CELL_SKIPPED,
                 "would need %s for what is handed over, of which %s are left (a smaller -c, or size)",
                 units_format_bytes(needs, needed), units_format_bytes(has, left));
}

// SPDX-License-Identifier: MIT
// The figures of an experiment on several machines, as grids that all formats share.
#pragma once

#include <stdbool.h>

#include "reports/render/grid.h"

struct cJSON;

enum several_view {
    // Models × machines: "1=  3.21  97 %", rank, ratio to that machine's own reference, share of its own ideal; of those
    // that have none, their status.
    SEVERAL_SIDE_BY_SIDE,
    // The same with a column for each figure, for formats in which nothing can be aligned inside of a place.
    SEVERAL_APART,
    // Machines × models: side by side the other way round.
    SEVERAL_BY_MACHINE,
    // Models × what all machines come to: how many rank each first, level with others or last, and lack it; and how the
    // ratios to each machine's own reference are distributed.
    SEVERAL_SUMMARY,
};

// The grid of an experiment, with two lines of heading. 0 or -ENOMEM; grid_release() in any case.
int several_grid(const struct cJSON *several, const struct cJSON *experiment, enum several_view view,
                 const struct report_style *style, struct grid *ret_grid);

// SPDX-License-Identifier: MIT
// Where along a sweep one model overtakes another (docs/METHODOLOGY.md, "Sweeps").
#ifndef CCBENCH_REPORTS_CROSSOVERS_H
#define CCBENCH_REPORTS_CROSSOVERS_H

#include "reports/document/sweep_view.h"

// The plain sentences of a sweep, as an array of strings. NULL when out of memory.
struct cJSON *crossovers_make(const struct sweep_view *view);

#endif

// SPDX-License-Identifier: MIT
// Where along a sweep one model overtakes another (docs/METHODOLOGY.md, "Sweeps").
#pragma once

#include "reports/document/sweep_view.h"

// The plain sentences of a sweep, as an array of strings. NULL when out of memory.
struct cJSON *crossovers_make(const struct sweep_view *view);

// SPDX-License-Identifier: MIT
#pragma once

#include "reports/document/rules.h"

// The histograms of a cell, if it has any. `cell_at` is where that is. 0, or -EINVAL with the first thing that is wrong.
int validate_histograms(const struct validation *cell_at, const struct cJSON *cell);

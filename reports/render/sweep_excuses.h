// SPDX-License-Identifier: MIT
// Why places of a sweep's grids are empty.
#pragma once

#include <stdio.h>

#include "reports/document/sweep_view.h"
#include "reports/render/style.h"

// Writes each reason once, with all models and values it holds for: "- sequential at 256 and 1024: skipped: would take
// 10.3 s". 0 or -ENOMEM.
int sweep_excuses(FILE *out, const struct sweep_view *view, const struct report_style *style);

// SPDX-License-Identifier: MIT
// Timelines as a drawing. Each returns 0 or -ENOMEM.
#pragma once

#include "reports/findings/timeline_picture.h"
#include "reports/render/style.h"
#include "reports/render/svg.h"

// All of it, a file of its own.
int timeline_svg(const struct timeline_picture *picture, const struct report_style *style, FILE *out);

// Parts of a page: one panel's rows, from `*y` on, which becomes where the next thing may be; and what the states are drawn as.
int timeline_svg_panel(struct svg *svg, const struct timeline_picture *picture, const struct timeline_panel *panel,
                       double *y);
void timeline_svg_legend(struct svg *svg, const struct timeline_picture *picture, double *y);

// SPDX-License-Identifier: MIT
#pragma once

#include "reports/findings/timeline_picture.h"
#include "reports/render/style.h"

// A line for each state that is drawn: its glyph, what it is and where that is known from.
void timeline_legend(FILE *out, const struct report_style *style, const struct timeline_picture *picture);

// Whether some panel has the kernel's records of switches.
bool timeline_has_switches(const struct timeline_picture *picture);

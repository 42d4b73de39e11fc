// SPDX-License-Identifier: MIT
// Timelines for a terminal, and as a plain text.
#pragma once

#include "reports/findings/timeline_picture.h"
#include "reports/render/style.h"

// All of it, as wide as the style says (100 columns where it does not). 0 or -ENOMEM.
int timeline_text(const struct timeline_picture *picture, const struct report_style *style, FILE *out);

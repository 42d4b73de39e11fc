// SPDX-License-Identifier: MIT
#pragma once

#include "reports/findings/timeline_picture.h"
#include "reports/render/style.h"

// Timelines as a page of its own, without a script. 0 or -ENOMEM.
int timeline_html(const struct timeline_picture *picture, const struct report_style *style, FILE *out);

// SPDX-License-Identifier: MIT
#pragma once

#include "reports/findings/timeline_picture.h"
#include "reports/render/style.h"

// Timelines in the Trace Event Format (the JSON object form of the document "Trace Event Format", Google): a process for each
// model, a thread for each row, a complete event ("X") for each interval that is not idle, in µs. speedscope, Perfetto
// and chrome://tracing open it. 0 or -ENOMEM.
int timeline_trace_events(const struct timeline_picture *picture, const struct report_style *style, FILE *out);

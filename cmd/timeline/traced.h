// SPDX-License-Identifier: MIT
// A cell's timeline: a trial that is not traced, and one that is.
#pragma once

#include "cmd/rounds/trials.h"
#include "measure/trace/trace_capture.h"
#include "reports/findings/timeline_picture.h"

// Room for the events of such a trial, as far as they are foreseen. 0 or -errno.
int traced_open(const struct block *block, struct trace_capture *ret_capture);

// Fills the panel: rows and facts, or why there are none, which is the cell's status, too. 0 or -ENOMEM.
int traced_run(struct trials *trials, struct trace_capture *capture, const struct block *block, struct cell *cell,
               bool by_lane, struct timeline_panel *panel);

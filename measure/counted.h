// SPDX-License-Identifier: MIT
// What a trial leaves out of its result, since its language cannot tell: CPU time and context switches, as the kernel counted them.
#pragma once

struct trial_report;

// Puts what is missing into the report's result: all of the process and of the children it waited for, as wait4() told, and of
// CPU time only what came after the mark "before_lanes", where the trial gave one. What is there is left as it is. NULL where the
// result says itself what CPU time it took; else from where on that was counted, "start" or "set-up".
const char *counted_fill(const struct trial_report *report);

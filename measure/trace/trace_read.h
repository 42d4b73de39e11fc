// SPDX-License-Identifier: MIT
// From what a trial has written to its trace. Nothing of it is believed: it may be another runtime's, or a user's.
#pragma once

#include "measure/trace/trace_capture.h"

#define TRACE_ERROR 200

// Of the capture's last trial, which has ended. 0: a trace to be released, of which these hold:
//   - every number is within its bounds, and every time within the trial's
//   - of each task, and of each child: it begins; then steps, one after the other, each of which begins, may be
//     TRACE_ELSEWHERE and TRACE_READY, and ends; then it ends. What begins ends but where events found no room or a child
//     was killed; a child's number may come again.
//   - of WANT, TAKE and DROP only their numbers are looked at.
// -ENODATA: the trial gave none; -EINVAL: what it gave is none, and `error` says why; -ENOMEM. *ret_trace untouched then.
int trace_read(const struct trace_capture *capture, struct trace *ret_trace, char error[TRACE_ERROR]);

// Accepts a zeroed one.
void trace_release(struct trace *trace);

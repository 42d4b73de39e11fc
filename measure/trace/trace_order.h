// SPDX-License-Identifier: MIT
// For trace_read.c only: events in their order, and whether that can be.
#pragma once

#include "measure/trace/trace.h"

// Sorts by time; those of one moment stay as they are. *events may be another array then. 0 or -ENOMEM.
int trace_sort(struct trace_event **events, size_t count);

// Sorted ones: 0, -ENOMEM, or -EINVAL with the event that cannot come where it does and what its task, or child, is said to do:
// "ends a step that it has not begun".
int trace_check_nesting(const struct trace_event *events, size_t count, const struct trace_event **ret_event,
                        const char **ret_why);

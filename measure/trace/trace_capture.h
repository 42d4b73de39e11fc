// SPDX-License-Identifier: MIT
// What is shared with a trial that is to be traced (descriptor 5), and what else its supervisor notes of it. Made once, used for
// one trial after the other.
#pragma once

#include "measure/trace/switches.h"
#include "measure/trace/trace.h"

struct cJSON;

struct trace_capture {
    int fd; // a memfd, sealed: it is never longer or shorter than `bytes`
    struct trace_header *header;
    size_t bytes; // of the header and the events behind it
    // Of the trial under way, or of the last: set by whoever starts it.
    uint32_t tasks, lanes, step_kinds;
    // And by its supervisor: from before it was started until it had ended, and its run phase, 0 where it does not tell that.
    uint64_t start_ns, end_ns, run_begin_ns, run_ns;
    struct switches switches; // ended
};

// Room for so many events, from 1 on. 0 or -errno; close in any case.
int trace_capture_open(struct trace_capture *capture, uint32_t capacity);

// Empties it for the next trial, of which these are the bounds.
void trace_capture_begin(struct trace_capture *capture, uint32_t tasks, uint32_t lanes, uint32_t step_kinds);

// Accepts a zeroed one, and one that could not be opened.
void trace_capture_close(struct trace_capture *capture);

// The trial has ended: no more switches, when it was started and had ended, and what its result says of the run phase, without which the
// trace begins with its first event.
void trace_capture_note(struct trace_capture *capture, const struct cJSON *result, uint64_t start_ns, uint64_t end_ns);

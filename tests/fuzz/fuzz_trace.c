// SPDX-License-Identifier: MIT
// What a supervisor reads from a trial's trace: whatever it is, it is refused in one line, or holds what trace_read.h says.
//
// The input: two bytes, the number of tasks and of lanes less one; then the trace, its last event padded with zeroes.
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

#include "measure/trace/trace_read.h"

enum { HEAD = 2, MOST = 400, KINDS = 21 };

// There is no JSON.
size_t fuzz_json_offset(const uint8_t *data, size_t size)
{
    return size;
}

static void look(const struct trace_capture *capture, const struct trace *trace)
{
    FUZZ_MUST(trace->event_count > 0 && trace->begin_ns <= trace->end_ns);
    for (size_t i = 0; i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];

        FUZZ_MUST(event->what > TRACE_UNUSED && event->what < TRACE_WHAT_COUNT);
        FUZZ_MUST(event->task < capture->tasks || event->task == TRACE_NO_TASK);
        FUZZ_MUST(event->lane < capture->lanes && event->step < KINDS);
        FUZZ_MUST(event->at_ns >= trace->begin_ns && event->at_ns <= trace->end_ns);
        FUZZ_MUST(i == 0 || event->at_ns >= trace->events[i - 1].at_ns);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trace_capture capture;
    struct trace trace = {.events = NULL};
    char error[TRACE_ERROR] = "";
    size_t given = size > HEAD ? size - HEAD : 0;
    int err;

    if (size < HEAD + sizeof(struct trace_header) || trace_capture_open(&capture, MOST) != 0)
        return 0;
    trace_capture_begin(&capture, (uint32_t)data[0] + 1, (uint32_t)data[1] + 1, KINDS);
    capture.end_ns = UINT64_MAX;
    memcpy(capture.header, data + HEAD, given < capture.bytes ? given : capture.bytes);
    err = trace_read(&capture, &trace, error);
    FUZZ_MUST(err == 0 || err == -EINVAL || err == -ENODATA || err == -ENOMEM);
    if (err == 0)
        look(&capture, &trace);
    else
        FUZZ_MUST(error[0] != '\0' && strchr(error, '\n') == NULL && trace.events == NULL);
    trace_release(&trace);
    trace_capture_close(&capture);
    return 0;
}

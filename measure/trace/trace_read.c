// SPDX-License-Identifier: MIT
#include "measure/trace/trace_read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/trace/trace_order.h"

struct reader {
    const struct trace_capture *capture;
    char *error;
    struct trace_event *events;
    size_t count;
};

__attribute__((format(printf, 2, 3))) static int refuse(const struct reader *reader, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reader->error, TRACE_ERROR, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

static int check_header(const struct reader *reader)
{
    const struct trace_header *header = reader->capture->header;
    size_t capacity = (reader->capture->bytes - sizeof *header) / sizeof(struct trace_event);

    if (memcmp(header->magic, TRACE_MAGIC, sizeof header->magic) != 0)
        return refuse(reader, "its trace does not begin with '%s'", TRACE_MAGIC);
    if (header->version != TRACE_VERSION)
        return refuse(reader, "its trace is of version %" PRIu32 ", expected %d", header->version, TRACE_VERSION);
    if (header->capacity != capacity)
        return refuse(reader, "its trace has room for %" PRIu32 " events, expected %zu", header->capacity, capacity);
    return 0;
}

// Those that were written, in the order of their places.
static int copy_events(struct reader *reader)
{
    struct trace_header *header = reader->capture->header;
    struct trace_event *from = trace_events(header);
    uint64_t claimed = atomic_load(&header->next), most = claimed < header->capacity ? claimed : header->capacity;

    reader->events = malloc((most + 1) * sizeof *reader->events);
    if (reader->events == NULL)
        return -ENOMEM;
    for (uint64_t i = 0; i < most; i++) {
        if (atomic_load_explicit(&from[i].what, memory_order_acquire) != TRACE_UNUSED)
            memcpy(&reader->events[reader->count++], &from[i], sizeof *from);
    }
    return reader->count > 0 ? 0 : -ENODATA;
}

static bool is_of_lock(uint8_t what)
{
    return what == TRACE_WANT || what == TRACE_TAKE || what == TRACE_DROP;
}

static bool is_of_step(uint8_t what)
{
    return what >= TRACE_STEP_BEGIN && what <= TRACE_ELSEWHERE;
}

// Which of an event's numbers cannot be; NULL: none.
static const char *wrong_number(const struct trace_capture *capture, const struct trace_event *event,
                                uint64_t *ret_value)
{
    const struct {
        const char *name;
        uint64_t value;
        bool wrong;
    } numbers[] = {
        {"kind", event->what, event->what >= TRACE_WHAT_COUNT},
        {"task", event->task,
         event->task >= capture->tasks && !(event->task == TRACE_NO_TASK && is_of_lock(event->what))},
        {"lane", event->lane, event->lane >= capture->lanes},
        {"step", event->step, event->step >= capture->step_kinds || (event->step != 0 && !is_of_step(event->what))},
        {"thread", event->thread, event->thread == 0 || event->thread > INT32_MAX},
        {"time", event->at_ns, event->at_ns < capture->start_ns || event->at_ns > capture->end_ns},
        {"due time", event->due_ns,
         event->due_ns != 0 && (event->what != TRACE_STEP_BEGIN || event->due_ns < event->at_ns)},
    };

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (numbers[i].wrong) {
            *ret_value = numbers[i].value;
            return numbers[i].name;
        }
    }
    return NULL;
}

static int check_numbers(const struct reader *reader)
{
    for (size_t i = 0; i < reader->count; i++) {
        uint64_t value;
        const char *name = wrong_number(reader->capture, &reader->events[i], &value);

        if (name != NULL)
            return refuse(reader, "event %zu of its trace has an impossible %s, %" PRIu64, i, name, value);
    }
    return 0;
}

static void find_run(const struct trace_capture *capture, struct trace *trace)
{
    const struct trace_event *events = trace->events;

    trace->begin_ns = events[0].at_ns;
    trace->end_ns = events[trace->event_count - 1].at_ns;
    if (capture->run_begin_ns == 0)
        return;
    // What was read of the clock a moment apart must not lie outside.
    if (capture->run_begin_ns < trace->begin_ns && capture->run_begin_ns >= capture->start_ns)
        trace->begin_ns = capture->run_begin_ns;
    if (capture->run_begin_ns + capture->run_ns > trace->end_ns &&
        capture->run_begin_ns + capture->run_ns <= capture->end_ns)
        trace->end_ns = capture->run_begin_ns + capture->run_ns;
}

static int check_order(struct reader *reader)
{
    const struct trace_event *wrong;
    const char *why;
    int err = trace_sort(&reader->events, reader->count);

    if (err != 0)
        return err;
    err = trace_check_nesting(reader->events, reader->count, &wrong, &why);
    if (err == -EINVAL)
        return refuse(reader, "in its trace task %" PRIu32 "%s %s", wrong->task,
                      wrong->child > 0 ? " has a child that" : "", why);
    return err;
}

static void add_switches(const struct switches *switches, struct trace *trace)
{
    trace->switches = switches_sorted(switches);
    trace->switch_count = trace->switches != NULL ? switches->count : 0;
    trace->switches_lost = switches->lost;
    trace->no_switches = switches->why;
    if (trace->switches == NULL && trace->no_switches == NULL)
        trace->no_switches = "there is no memory for it";
}

int trace_read(const struct trace_capture *capture, struct trace *ret_trace, char error[TRACE_ERROR])
{
    struct reader reader = {.capture = capture, .error = error};
    int err;

    snprintf(error, TRACE_ERROR, "gives no trace");
    err = check_header(&reader);
    if (err == 0)
        err = copy_events(&reader);
    if (err == 0)
        err = check_numbers(&reader);
    if (err == 0)
        err = check_order(&reader);
    if (err != 0) {
        if (err == -ENOMEM)
            snprintf(error, TRACE_ERROR, "out of memory for its trace");
        free(reader.events);
        return err;
    }
    *ret_trace = (struct trace){.events = reader.events,
                                .event_count = reader.count,
                                .dropped = atomic_load(&capture->header->dropped),
                                .tasks = capture->tasks,
                                .lanes = capture->lanes};
    find_run(capture, ret_trace);
    add_switches(&capture->switches, ret_trace);
    return 0;
}

void trace_release(struct trace *trace)
{
    free(trace->events);
    free(trace->switches);
    *trace = (struct trace){.events = NULL};
}

// SPDX-License-Identifier: MIT
// trace_cli PROGRAM CAPACITY: carries out the trial whose plan is on standard input, under ccbench's supervisor, traced; prints
// what was read of it as JSON, for tests/test_trace.py.
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure/slot.h"
#include "measure/supervisor.h"
#include "measure/trace/trace_read.h"
#include "workloads/program/step_kinds.h"

static double number_of(const cJSON *plan, const char *name)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(plan, name));
}

static void print_events(const struct trace *trace)
{
    printf(", \"events\": [");
    for (size_t i = 0; i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];

        printf("%s[%llu, %llu, %llu, %u, %u, %u, %u, %u, %u]", i == 0 ? "" : ", ", (unsigned long long)event->at_ns,
               (unsigned long long)event->cpu_ns, (unsigned long long)event->due_ns, event->task, event->thread,
               event->lane, event->child, event->step, event->what);
    }
    printf("], \"switches\": [");
    for (size_t i = 0; i < trace->switch_count; i++) {
        const struct trace_switch *change = &trace->switches[i];

        printf("%s[%llu, %u, %u, %d, %d]", i == 0 ? "" : ", ", (unsigned long long)change->at_ns, change->thread,
               change->cpu, change->in, change->preempted);
    }
    printf("]");
}

static void print_trace(const struct trace_capture *capture)
{
    char error[TRACE_ERROR];
    struct trace trace;
    int err = trace_read(capture, &trace, error);

    if (err != 0) {
        printf(", \"error\": \"%s\"", error);
        return;
    }
    printf(", \"dropped\": %llu, \"lost\": %llu, \"begin_ns\": %llu, \"end_ns\": %llu",
           (unsigned long long)trace.dropped, (unsigned long long)trace.switches_lost,
           (unsigned long long)trace.begin_ns, (unsigned long long)trace.end_ns);
    if (trace.no_switches != NULL)
        printf(", \"no_switches\": \"%s\"", trace.no_switches);
    print_events(&trace);
    trace_release(&trace);
}

static int carry(const char *program, const char *text, const cJSON *plan, struct trace_capture *capture)
{
    char name[] = "ccbench", command[] = "trial";
    char *const arguments[] = {name, command, NULL};
    uint32_t tasks = (uint32_t)number_of(plan, "tasks");
    struct trial_request request = {.program = program, .arguments = arguments, .plan = text, .capture = capture};
    struct trial_report report;
    char *result;

    request.slots_fd = memfd_create("slots", MFD_CLOEXEC);
    if (ftruncate(request.slots_fd, (off_t)(tasks * sizeof(struct slot))) != 0)
        return EXIT_FAILURE;
    trace_capture_begin(capture, tasks, (uint32_t)number_of(plan, "lanes"), STEP_KIND_COUNT);
    supervisor_run(&request, &report);
    result = cJSON_PrintUnformatted(report.result);
    printf("{\"outcome\": %d, \"result\": %s", (int)report.outcome, result != NULL ? result : "null");
    print_trace(capture);
    printf("}\n");
    free(result);
    cJSON_Delete(report.result);
    close(request.slots_fd);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static char text[1 << 16];
    struct trace_capture capture;
    cJSON *plan = NULL;
    int status = EXIT_FAILURE;

    if (argc == 3 && fgets(text, sizeof text, stdin) != NULL)
        plan = cJSON_Parse(text);
    text[strcspn(text, "\n")] = '\0';
    if (plan != NULL && supervisor_open() == 0 &&
        trace_capture_open(&capture, (uint32_t)strtoul(argv[2], NULL, 10)) == 0) {
        status = carry(argv[1], text, plan, &capture);
        trace_capture_close(&capture);
    }
    cJSON_Delete(plan);
    return status;
}

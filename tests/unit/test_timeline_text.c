// SPDX-License-Identifier: MIT
// Timelines as they are drawn: small ones to the byte; large ones by what every drawing must have.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/render/timeline_format.h"
#include "reports/render/timeline_text.h"

enum { COMPUTE, SLEEP, KINDS };

static const struct timeline_step kinds[KINDS] = {
    [COMPUTE] = {"compute", TIMELINE_NATURE_WORK},
    [SLEEP] = {"sleep", TIMELINE_NATURE_WAIT},
};
static const struct timeline_steps steps = {kinds, KINDS};

#define MS UINT64_C(1000000)
#define MOST 4096

static struct trace_event events[MOST];
static struct trace trace;
static struct timeline_picture picture;
static const char *const classes[] = {"coffee", "sandwich"};
static uint16_t class_of[MOST] = {0, 1};
static struct timeline_names names = {classes, 2, class_of, 2};

static struct trace_event *tell(uint64_t at_ms, uint32_t task, uint32_t thread, enum trace_what what, int step)
{
    struct trace_event *event = &events[trace.event_count++];

    assert_true(trace.event_count <= MOST);
    *event = (struct trace_event){
        .at_ns = MS + at_ms * MS, .task = task, .thread = thread, .lane = task, .step = (uint8_t)step};
    event->what = (uint8_t)what;
    return event;
}

static void begin_trace(uint64_t length_ms, uint32_t tasks)
{
    trace = (struct trace){.events = events,
                           .begin_ns = MS,
                           .end_ns = MS + length_ms * MS,
                           .tasks = tasks,
                           .lanes = tasks,
                           .no_switches = "not permitted"};
}

// Both on one loop: one computes while the other has become ready.
static void make_loop(void)
{
    begin_trace(100, 2);
    tell(0, 0, 7, TRACE_TASK_BEGIN, 0);
    tell(0, 0, 7, TRACE_STEP_BEGIN, COMPUTE);
    tell(20, 0, 7, TRACE_STEP_END, COMPUTE);
    tell(20, 0, 7, TRACE_STEP_BEGIN, SLEEP)->due_ns = MS + 60 * MS;
    tell(20, 1, 7, TRACE_TASK_BEGIN, 0);
    tell(20, 1, 7, TRACE_STEP_BEGIN, COMPUTE);
    tell(80, 1, 7, TRACE_STEP_END, COMPUTE);
    tell(80, 1, 7, TRACE_TASK_END, 0);
    tell(80, 0, 7, TRACE_STEP_END, SLEEP);
    tell(100, 0, 7, TRACE_TASK_END, 0);
}

static void make_many(uint32_t tasks)
{
    begin_trace(200, tasks);
    for (uint32_t i = 0; i < tasks; i++)
        tell(0, i, 100 + i, TRACE_TASK_BEGIN, 0);
    for (uint32_t i = 0; i < tasks; i++)
        tell(1, i, 100 + i, TRACE_STEP_BEGIN, SLEEP)->due_ns = MS + (50 + i % 50) * MS;
    for (uint32_t i = 0; i < tasks; i++)
        tell(120, i, 100 + i, TRACE_STEP_END, SLEEP);
    for (uint32_t i = 0; i < tasks; i++)
        tell(150, i, 100 + i, TRACE_TASK_END, 0);
}

static void open_picture(size_t panels)
{
    picture = (struct timeline_picture){.title = "breakfast: 2 tasks, 2 in flight", .panel_count = panels};
    picture.panels = calloc(panels, sizeof *picture.panels);
    for (size_t i = 0; i < panels; i++) {
        picture.panels[i].model = i == 0 ? "async" : "go";
        picture.panels[i].names = &names;
    }
}

static char *drawn(const struct report_style *style, const char *suffix)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    assert_int_equal(timeline_format_by_suffix(suffix)->write(&picture, style, out), 0);
    fclose(out);
    return text;
}

static void breakfast(void)
{
    make_loop();
    open_picture(2);
    assert_int_equal(timeline_panel_make(&picture.panels[0], &trace, &steps, NULL, false), 0);
    picture.panels[0].untraced_ns = 99 * MS;
    picture.panels[0].stamp_ns = 400;
    picture.panels[0].untraced_cpu_ns = 80 * MS;
    picture.panels[1].excuse = strdup("gives no trace");
}

static void test_utf8(void **state)
{
    const struct report_style style = {.width = 60, .utf8 = true};
    char *text;

    (void)state;
    breakfast();
    text = drawn(&style, "x.txt");
    assert_string_equal(text, "breakfast: 2 tasks, 2 in flight\n"
                              "                ╷0                   ╷50 ms\n"
                              "\n"
                              "async  100 ms (untraced 99 ms; tracing cost less than 0.1 %\n"
                              "    of its CPU time: 10 stamps of 400 ns, 1.33 µs a step)\n"
                              "  coffee        █████████─────────────────░░░░░░░░█████████\n"
                              "  sandwich              ▏█████████████████████████▏\n"
                              "→ concurrent, not parallel: never two at work at once, 2\n"
                              "    switches, only where a task waits or ends\n"
                              "→ the longest wait for a turn: coffee, 20 ms for its loop,\n"
                              "    while sandwich worked for 20 ms\n"
                              "\n"
                              "go  gives no trace\n"
                              "\n"
                              "  █  works (known from: begin and end of each step)\n"
                              "  ▏  works for less than half of the column's time\n"
                              "  ─  waits (known from: begin of the step, until it is due\n"
                              "     or its end)\n"
                              "  ░  ready: waits for its loop (known from: when it was due,\n"
                              "     or its loop saw it, until it went on)\n"
                              "note: when threads were on a core is not known (not\n"
                              "    permitted): what works may wait for a core\n");
    free(text);
    timeline_picture_release(&picture);
}

// No line is wider than the terminal, and in ASCII each byte is.
static void check_lines(const char *text, const struct report_style *style)
{
    char *copy = strdup(text), *rest = NULL;

    for (char *line = strtok_r(copy, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        assert_true(text_width(line) <= style->width);
        for (const char *c = line; !style->utf8 && *c != '\0'; c++)
            assert_in_range((unsigned char)*c, ' ', '~');
    }
    free(copy);
}

static void check_widths(void)
{
    for (unsigned width = 40; width <= 220; width += 20) {
        for (int utf8 = 0; utf8 < 2; utf8++) {
            const struct report_style style = {.width = width, .utf8 = utf8};
            char *text = drawn(&style, "x.txt");

            check_lines(text, &style);
            free(text);
        }
    }
}

static void test_widths(void **state)
{
    (void)state;
    breakfast();
    check_widths();
    timeline_picture_release(&picture);
}

// More rows than fit: shares, and the two moments enlarged.
static void test_density(void **state)
{
    const struct report_style style = {.width = 80};
    char *text;

    (void)state;
    names.tasks = 500;
    make_many(500);
    open_picture(1);
    assert_int_equal(timeline_panel_make(&picture.panels[0], &trace, &steps, NULL, false), 0);
    text = drawn(&style, "x.txt");
    assert_non_null(strstr(text, "\n  500 rows:    "));
    assert_non_null(strstr(text, "the busiest moment, enlarged: "));
    assert_non_null(strstr(text, "the longest wait for a turn, enlarged: "));
    assert_null(strstr(text, "task 400"));
    check_widths();
    free(text);
    names.tasks = 2;
    timeline_picture_release(&picture);
}

// Of a runtime whose stamps' cost is not known.
static void test_cost(void **state)
{
    const struct report_style style = {.width = 120};
    char *text;

    (void)state;
    breakfast();
    picture.panels[0].stamp_ns = 0;
    picture.panels[0].traced_cpu_ns = 100 * MS;
    text = drawn(&style, "x.txt");
    assert_non_null(strstr(text, "(untraced 99 ms; traced it took 25 % more CPU time, chance included)"));
    free(text);
    timeline_picture_release(&picture);
}

static void test_by_lane(void **state)
{
    const struct report_style style = {.width = 80};
    char *text;

    (void)state;
    make_loop();
    open_picture(1);
    picture.by_lane = true;
    assert_int_equal(timeline_panel_make(&picture.panels[0], &trace, &steps, NULL, true), 0);
    text = drawn(&style, "x.txt");
    assert_non_null(strstr(text, "\n  lane 0 "));
    assert_null(strstr(text, "  coffee  "));
    free(text);
    timeline_picture_release(&picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8), cmocka_unit_test(test_widths),  cmocka_unit_test(test_density),
        cmocka_unit_test(test_cost), cmocka_unit_test(test_by_lane),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// The oracle: trials made by hand, and what is said of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "measure/base/task_status.h"
#include "measure/in_flight.h"
#include "measure/oracle.h"
#include "measure/sample.h"
#include "measure/seen.h"
#include "measure/supervisor.h"

#define TASKS 4
#define RESULT                                                                                                   \
    "{\"setup_ns\":10,\"run_ns\":350,\"teardown_ns\":3000,\"cpu_ns\":5,\"startup_cpu_ns\":1,\"switches_own\":7," \
    "\"switches_forced\":8,\"counters\":{\"handovers\":9}}"

// Two lanes carry four tasks of 100 ns and the checksums 11 (class 0) and 22 (class 1), one after the other.
struct bed {
    struct slot slots[TASKS];
    struct expectation expected[2];
    struct oracle oracle;
    struct trial_report report;
    struct judgement judgement;
    cJSON *sample;
};

static struct bed bed;

static int set_up(void **state)
{
    (void)state;
    bed = (struct bed){.expected = {{.name = "a", .check = 11, .least_wait_ns = 100}, {.name = "b", .check = 22}}};
    for (unsigned i = 0; i < TASKS; i++) {
        uint64_t begin_ns = 1000 + i / 2 * 200;

        bed.slots[i] = (struct slot){.arrival_ns = begin_ns - 10,
                                     .begin_ns = begin_ns,
                                     .end_ns = begin_ns + 100,
                                     .class_index = i % 2,
                                     .check = 11 * (i % 2 + 1)};
    }
    bed.oracle = (struct oracle){.tasks = TASKS, .lanes = 2, .classes = 2, .expected = bed.expected};
    bed.report = (struct trial_report){
        .outcome = TRIAL_DONE, .result = cJSON_Parse(RESULT), .start_ns = 900, .end_ns = 1000000};
    return bed.report.result != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    cJSON_Delete(bed.report.result);
    cJSON_Delete(bed.sample);
    return 0;
}

static const char *text_of(const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(bed.sample, name));
}

static double number_of(const cJSON *object, const char *name)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, name);

    if (!cJSON_IsNumber(number))
        fail_msg("no number '%s'", name);
    return number->valuedouble;
}

static void judge(void)
{
    static struct seen seen;

    bed.sample = sample_make(&bed.oracle, bed.slots, &bed.report, &seen, &bed.judgement);
    assert_non_null(bed.sample);
}

static void assert_verdict(const char *status, const char *reason)
{
    judge();
    if (strcmp(text_of("status"), status) != 0 || text_of("reason") == NULL ||
        strstr(text_of("reason"), reason) == NULL)
        fail_msg("%s: %s, expected %s: … %s …", text_of("status"), text_of("reason"), status, reason);
}

static void assert_ok(void)
{
    judge();
    if (text_of("reason") != NULL)
        fail_msg("%s: %s", text_of("status"), text_of("reason"));
    assert_string_equal(text_of("status"), "ok");
}

static void test_an_honest_trial(void **state)
{
    const cJSON *latency;

    (void)state;
    assert_ok();
    assert_true(number_of(bed.sample, "tasks") == TASKS);
    assert_true(number_of(bed.sample, "failed") == 0);
    assert_true(number_of(bed.sample, "in_flight") == 2);
    assert_true(number_of(bed.sample, "wall_ns") == 3360); // set-up, run and teardown: a user pays all three
    assert_true(number_of(bed.sample, "switches_forced") == 8);
    assert_true(number_of(cJSON_GetObjectItemCaseSensitive(bed.sample, "counters"), "handovers") == 9);
    latency = cJSON_GetObjectItemCaseSensitive(bed.sample, "latency_ns");
    assert_true(number_of(latency, "max") == 110);
    assert_true(number_of(cJSON_GetObjectItemCaseSensitive(bed.sample, "service_ns"), "max") == 100);
    assert_true(number_of(cJSON_GetObjectItemCaseSensitive(bed.sample, "queued_ns"), "max") == 10);
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(latency, "p99"))); // four tasks have no 99th percentile
}

static void test_a_wrong_checksum(void **state)
{
    (void)state;
    bed.slots[2].check = 12;
    assert_verdict("wrong", "task 3 came to checksum 12 instead of 11");
}

static void test_checksums_go_by_class(void **state)
{
    (void)state;
    bed.slots[1].check = 11; // right for class 0
    assert_verdict("wrong", "task 2 came to checksum 11 instead of 22");
}

static void test_a_class_that_is_not(void **state)
{
    (void)state;
    bed.slots[1].class_index = 2;
    assert_verdict("wrong", "task 2 of 4");
}

static void test_a_task_never_begun(void **state)
{
    (void)state;
    bed.slots[3].begin_ns = bed.slots[3].end_ns = 0;
    assert_verdict("wrong", "task 4 of 4 was never completed");
}

static void test_a_task_never_ended(void **state)
{
    (void)state;
    bed.slots[0].end_ns = 0;
    assert_verdict("wrong", "task 1 of 4 was never completed");
}

static void test_an_end_before_the_beginning(void **state)
{
    (void)state;
    bed.slots[1].end_ns = bed.slots[1].begin_ns - 1;
    assert_verdict("wrong", "task 2 of 4");
}

static void test_a_sleep_too_short(void **state)
{
    (void)state;
    bed.slots[2].end_ns--;
    assert_verdict("wrong", "task 3 took 99 ns, less than the 100 ns it had to wait");
}

// The null model does not wait, and says so.
static void test_pretenders_may_be_short(void **state)
{
    (void)state;
    bed.slots[2].end_ns--;
    bed.oracle.pretends = true;
    assert_ok();
}

static void test_too_many_in_flight(void **state)
{
    (void)state;
    bed.oracle.lanes = 1;
    assert_verdict("wrong", "2 tasks were in flight, more than 1");
}

// Models whose stamps do not show it, such as processes, say themselves how many were in flight.
static void test_what_the_trial_says_of_itself(void **state)
{
    (void)state;
    cJSON_AddNumberToObject(bed.report.result, "in_flight", 3);
    assert_verdict("wrong", "3 tasks were in flight, more than 2");
    assert_true(number_of(bed.sample, "in_flight") == 3);
}

static void test_failed_tasks_are_counted_by_name(void **state)
{
    const cJSON *failures;

    (void)state;
    bed.slots[1].status = bed.slots[3].status = 503;
    bed.slots[1].check = 0; // what failed came to nothing, and is not wrong
    bed.slots[2].status = 404;
    assert_verdict("failed", "3 of 4: HTTP 503");
    assert_true(number_of(bed.sample, "failed") == 3);
    failures = cJSON_GetObjectItemCaseSensitive(bed.sample, "failures");
    assert_true(number_of(failures, "HTTP 503") == 2);
    assert_true(number_of(failures, "HTTP 404") == 1);
}

static void test_wrong_outweighs_failed(void **state)
{
    (void)state;
    bed.slots[1].status = 503;
    bed.slots[2].check = 1;
    assert_verdict("wrong", "checksum 1");
}

static void test_the_first_answer_is_the_oracle(void **state)
{
    (void)state;
    bed.expected[0].unknown = bed.expected[1].unknown = true;
    for (unsigned i = 0; i < TASKS; i++)
        bed.slots[i].check = 77;
    assert_ok();
}

static void test_another_answer_than_the_first(void **state)
{
    (void)state;
    bed.expected[0].unknown = bed.expected[1].unknown = true;
    bed.slots[0].status = 500; // the first one that succeeded counts
    bed.slots[1].check = bed.slots[2].check = 77;
    bed.slots[3].check = 78;
    assert_verdict("wrong", "checksum 78 instead of 77");
}

static void test_answers_that_vary(void **state)
{
    (void)state;
    bed.oracle.any_check = bed.expected[0].unknown = bed.expected[1].unknown = true;
    bed.slots[3].check = 78;
    assert_ok();
}

static void test_a_model_that_failed(void **state)
{
    (void)state;
    cJSON_AddStringToObject(bed.report.result, "error", "cannot start thread 5: EAGAIN");
    bed.slots[3].begin_ns = 0;
    assert_verdict("failed", "cannot start thread 5: EAGAIN");
}

static void test_a_result_that_lacks_a_figure(void **state)
{
    (void)state;
    cJSON_DeleteItemFromObjectCaseSensitive(bed.report.result, "run_ns");
    assert_verdict("failed", "lacks a figure");
}

static void leave_out(const char *name)
{
    cJSON_DeleteItemFromObjectCaseSensitive(bed.report.result, name);
}

// 2 ms, of which 1.5 ms came before set-up.
static void test_cpu_time_that_is_left_out(void **state)
{
    (void)state;
    leave_out("cpu_ns");
    leave_out("startup_cpu_ns");
    leave_out("switches_own");
    bed.report.usage = (struct rusage){
        .ru_utime.tv_usec = 1200, .ru_stime.tv_usec = 800, .ru_nvcsw = 3, .ru_nivcsw = 9};
    bed.report.set_up_cpu_ns = 1500000;
    assert_ok();
    assert_string_equal(text_of("cpu_counted_from"), "set-up");
    assert_true(number_of(bed.sample, "startup_cpu_ns") == 1500000);
    assert_true(number_of(bed.sample, "cpu_ns") == 500000);
    assert_true(number_of(bed.sample, "switches_own") == 3);
    assert_true(number_of(bed.sample, "switches_forced") == 8);
}

static void test_cpu_time_of_a_start_that_is_not_known(void **state)
{
    (void)state;
    leave_out("cpu_ns");
    leave_out("startup_cpu_ns");
    bed.report.usage.ru_utime.tv_usec = 2000;
    assert_ok();
    assert_string_equal(text_of("cpu_counted_from"), "start");
    assert_true(number_of(bed.sample, "cpu_ns") == 2000000);
}

static void test_what_a_trial_says_is_not_counted(void **state)
{
    (void)state;
    bed.report.usage.ru_utime.tv_usec = 2000;
    assert_ok();
    assert_null(text_of("cpu_counted_from"));
    assert_true(number_of(bed.sample, "cpu_ns") == 5);
}

static void set_figure(const char *name, double value)
{
    cJSON_SetNumberValue(cJSON_GetObjectItemCaseSensitive(bed.report.result, name), value);
}

static void test_no_time_at_all(void **state)
{
    (void)state;
    set_figure("setup_ns", 0);
    set_figure("run_ns", 0);
    set_figure("teardown_ns", 0);
    assert_verdict("failed", "took no time, or more than there is");
}

static void test_more_time_than_there_is(void **state)
{
    (void)state;
    set_figure("setup_ns", 9e17);
    set_figure("run_ns", 9e17);
    assert_verdict("failed", "took no time, or more than there is");
    assert_null(cJSON_GetObjectItemCaseSensitive(bed.sample, "wall_ns"));
}

static void test_stamps_that_cannot_be(void **state)
{
    (void)state;
    bed.slots[1].end_ns = UINT64_MAX;
    assert_verdict("wrong", "task 2 of 4 took longer than there is time");
    assert_true(number_of(cJSON_GetObjectItemCaseSensitive(bed.sample, "latency_ns"), "max") == 1e18);
}

static void test_counters_that_are_none(void **state)
{
    const cJSON *counters;

    (void)state;
    cJSON_ReplaceItemInObjectCaseSensitive(bed.report.result, "counters",
                                           cJSON_Parse("{\"a\":\"x\",\"b\":-1,\"c\":[1],\"d\":4,\"d\":5,\"e\":1e300}"));
    assert_ok();
    counters = cJSON_GetObjectItemCaseSensitive(bed.sample, "counters");
    assert_int_equal(cJSON_GetArraySize(counters), 1);
    assert_true(number_of(counters, "d") == 4);
}

static void test_failures_without_a_reason(void **state)
{
    (void)state;
    cJSON_AddStringToObject(bed.report.result, "error", "");
    assert_verdict("failed", "no reason given");
    cJSON_Delete(bed.sample);
    bed.sample = sample_failed(&bed.oracle, &bed.report, &bed.judgement);
    assert_string_equal(text_of("reason"), "no reason given");
}

static void test_no_result(void **state)
{
    (void)state;
    snprintf(bed.report.reason, sizeof bed.report.reason, "killed by signal 11");
    bed.sample = sample_failed(&bed.oracle, &bed.report, &bed.judgement);
    assert_non_null(bed.sample);
    assert_string_equal(text_of("status"), "failed");
    assert_string_equal(text_of("reason"), "killed by signal 11");
    assert_null(text_of("diagnostics"));
}

static void test_the_last_words(void **state)
{
    (void)state;
    snprintf(bed.report.diagnostics, sizeof bed.report.diagnostics, "loading\nout of luck");
    bed.sample = sample_failed(&bed.oracle, &bed.report, &bed.judgement);
    assert_non_null(bed.sample);
    assert_non_null(text_of("diagnostics"));
    assert_non_null(strstr(text_of("diagnostics"), "out of luck"));
}

// --- tasks that are to fail

static void test_expected_failures(void **state)
{
    const cJSON *failures;

    (void)state;
    bed.expected[1].fails = true;
    bed.slots[1].status = 503;
    bed.slots[3].status = 404;
    bed.slots[1].check = bed.slots[3].check = 0;
    assert_ok();
    assert_true(number_of(bed.sample, "failed") == 0);
    assert_true(number_of(bed.sample, "failed_as_expected") == 2);
    failures = cJSON_GetObjectItemCaseSensitive(bed.sample, "failures");
    assert_true(number_of(failures, "HTTP 503") == 1);
    assert_true(number_of(failures, "HTTP 404") == 1);
}

static void test_a_failure_that_did_not_come(void **state)
{
    (void)state;
    bed.expected[1].fails = true;
    bed.slots[1].status = 503;
    assert_verdict("wrong", "task 4 of 4 should have failed and did not");
}

static void test_another_failure_than_expected(void **state)
{
    (void)state;
    bed.expected[1].fails = true;
    bed.slots[1].status = bed.slots[3].status = 503;
    bed.slots[2].status = 404;
    assert_verdict("failed", "1 of 4: HTTP 404");
    assert_true(number_of(bed.sample, "failed") == 1);
    assert_true(number_of(bed.sample, "failed_as_expected") == 2);
}

static void test_pretenders_do_not_fail(void **state)
{
    (void)state;
    bed.expected[1].fails = bed.oracle.pretends = true;
    assert_ok();
}

// --- the shared counter

static void count_updates(double counter)
{
    bed.expected[0].updates = 100;
    bed.expected[1].updates = 10;
    cJSON_AddNumberToObject(bed.report.result, "counter", counter);
}

static const cJSON *updates(void)
{
    return cJSON_GetObjectItemCaseSensitive(bed.sample, "updates");
}

static void test_lost_updates(void **state)
{
    (void)state;
    count_updates(217);
    assert_ok(); // a result, not a mistake
    assert_true(number_of(updates(), "expected") == 220);
    assert_true(number_of(updates(), "lost") == 3);
}

static void test_no_update_lost(void **state)
{
    (void)state;
    count_updates(220);
    assert_ok();
    assert_true(number_of(updates(), "lost") == 0);
}

static void test_updates_that_nobody_made(void **state)
{
    (void)state;
    count_updates(221);
    assert_verdict("wrong", "the shared counter came to 221, more than the 220 updates made");
    assert_true(cJSON_IsNull(updates()));
}

static void test_a_counter_that_is_missing(void **state)
{
    (void)state;
    bed.expected[0].updates = 1;
    assert_verdict("failed", "lacks a figure");
}

static void test_no_counter_where_nothing_counts(void **state)
{
    (void)state;
    cJSON_AddNumberToObject(bed.report.result, "counter", 5);
    assert_ok();
    assert_true(cJSON_IsNull(updates()));
}

// A task that failed may have stopped before or after its update.
static void test_updates_of_tasks_that_failed(void **state)
{
    (void)state;
    bed.expected[1].fails = true;
    bed.slots[1].status = bed.slots[3].status = 503;
    count_updates(211);
    assert_ok();
    assert_true(cJSON_IsNull(updates()));
}

static void test_pretenders_update_nothing(void **state)
{
    (void)state;
    bed.oracle.pretends = true;
    count_updates(0);
    assert_ok();
    assert_true(cJSON_IsNull(updates()));
}

// --- classes

static void test_classes_by_themselves(void **state)
{
    const cJSON *classes, *class;

    (void)state;
    bed.slots[3].end_ns += 50;
    bed.slots[3].begin_ns += 5;
    assert_ok();
    classes = cJSON_GetObjectItemCaseSensitive(bed.sample, "classes");
    assert_int_equal(cJSON_GetArraySize(classes), 2);
    class = cJSON_GetArrayItem(classes, 0);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(class, "name")), "a");
    assert_true(number_of(class, "tasks") == 2);
    assert_true(number_of(cJSON_GetObjectItemCaseSensitive(class, "latency_ns"), "max") == 110);
    class = cJSON_GetArrayItem(classes, 1);
    assert_true(number_of(cJSON_GetObjectItemCaseSensitive(class, "latency_ns"), "p50") == 110);
    assert_true(number_of(cJSON_GetObjectItemCaseSensitive(class, "latency_ns"), "max") == 160);
    assert_true(number_of(cJSON_GetObjectItemCaseSensitive(class, "queued_ns"), "max") == 15);
    assert_true(number_of(cJSON_GetObjectItemCaseSensitive(class, "service_ns"), "max") == 145);
}

static void test_failures_by_class(void **state)
{
    const cJSON *classes;

    (void)state;
    bed.expected[1].fails = true;
    bed.slots[0].status = bed.slots[1].status = bed.slots[3].status = 503;
    judge();
    classes = cJSON_GetObjectItemCaseSensitive(bed.sample, "classes");
    assert_true(number_of(cJSON_GetArrayItem(classes, 0), "failed") == 1);
    assert_true(number_of(cJSON_GetArrayItem(classes, 0), "failed_as_expected") == 0);
    assert_true(number_of(cJSON_GetArrayItem(classes, 1), "failed") == 0);
    assert_true(number_of(cJSON_GetArrayItem(classes, 1), "failed_as_expected") == 2);
}

static void test_one_class_is_no_mix(void **state)
{
    (void)state;
    bed.oracle.classes = 1;
    for (unsigned i = 0; i < TASKS; i++) {
        bed.slots[i].class_index = 0;
        bed.slots[i].check = 11;
    }
    assert_ok();
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(bed.sample, "classes")));
}

// --- open loops

// The run began at 900, tasks arrived 10 ns before they began: as an offset.
static void open_loop(void)
{
    bed.oracle.open_loop = true;
    cJSON_AddNumberToObject(bed.report.result, "run_start_ns", 900);
    for (unsigned i = 0; i < TASKS; i++)
        bed.slots[i].arrival_ns = bed.slots[i].begin_ns - 10 - 900;
}

static void test_arrivals_are_offsets(void **state)
{
    (void)state;
    open_loop();
    bed.slots[0].arrival_ns -= 30;
    assert_ok();
    assert_true(number_of(cJSON_GetObjectItemCaseSensitive(bed.sample, "latency_ns"), "max") == 140);
    assert_true(number_of(cJSON_GetObjectItemCaseSensitive(bed.sample, "latency_ns"), "p50") == 110);
    assert_true(number_of(cJSON_GetObjectItemCaseSensitive(bed.sample, "queued_ns"), "max") == 40);
    assert_true(number_of(cJSON_GetObjectItemCaseSensitive(bed.sample, "service_ns"), "max") == 100);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(bed.sample, "kept_up")));
    assert_true(number_of(bed.sample, "reached_per_s") == 4e9 / 400); // the last ended at 1300
    assert_true(number_of(bed.sample, "latest_ns") == 40);
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(bed.sample, "behind_since_ns")));
}

static void test_closed_loops_have_no_backlog(void **state)
{
    static const char *const names[] = {"kept_up", "reached_per_s", "behind_since_ns", "latest_ns"};

    (void)state;
    assert_ok();
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(bed.sample, names[i])));
}

static void test_begun_before_it_arrived(void **state)
{
    (void)state;
    open_loop();
    bed.slots[2].arrival_ns += 11;
    assert_verdict("wrong", "task 3 of 4 began before it arrived");
}

// Written over by a program that takes the loop for a closed one.
static void test_arrivals_that_were_written_over(void **state)
{
    (void)state;
    open_loop();
    bed.slots[0].arrival_ns = UINT64_MAX;
    assert_verdict("wrong", "task 1 of 4 began before it arrived");
}

static void test_begun_before_the_run(void **state)
{
    (void)state;
    open_loop();
    bed.slots[0].begin_ns = 899;
    assert_verdict("wrong", "task 1 of 4 began before it arrived");
}

static void test_pretenders_need_not_wait_for_arrivals(void **state)
{
    (void)state;
    open_loop();
    bed.slots[2].arrival_ns += 11;
    bed.oracle.pretends = true;
    assert_ok();
}

static void test_a_run_without_a_start(void **state)
{
    (void)state;
    open_loop();
    cJSON_DeleteItemFromObjectCaseSensitive(bed.report.result, "run_start_ns");
    assert_verdict("failed", "lacks a figure");
}

// --- in flight, from stamps alone

static void test_in_flight_one_after_the_other(void **state)
{
    struct slot slots[3] = {
        {.begin_ns = 10, .end_ns = 20}, {.begin_ns = 20, .end_ns = 30}, {.begin_ns = 31, .end_ns = 32}};

    (void)state;
    assert_int_equal(in_flight_peak(slots, NULL, 3), 1); // what ends when the next begins has made room
}

static void test_in_flight_peak(void **state)
{
    struct slot slots[5] = {{.begin_ns = 40, .end_ns = 50},
                            {.begin_ns = 10, .end_ns = 45},
                            {.begin_ns = 20, .end_ns = 30},
                            {.begin_ns = 25, .end_ns = 41},
                            {.begin_ns = 60, .end_ns = 61}};

    (void)state;
    assert_int_equal(in_flight_peak(slots, NULL, 5), 3);
}

static void test_in_flight_until_the_end(void **state)
{
    struct slot slots[3] = {{.begin_ns = 10}, {.begin_ns = 20, .end_ns = 21}, {.begin_ns = 30, .end_ns = 31}};

    (void)state;
    assert_int_equal(in_flight_peak(slots, NULL, 3), 2); // one that never ended is in flight for good
}

static void test_in_flight_only_what_began(void **state)
{
    struct slot slots[2] = {{.end_ns = 5}, {.begin_ns = 0}};

    (void)state;
    assert_int_equal(in_flight_peak(slots, NULL, 2), 0);
    assert_int_equal(in_flight_peak(slots, NULL, 0), 0);
}

static void test_in_flight_by_other_ends(void **state)
{
    struct slot slots[2] = {{.begin_ns = 10, .end_ns = 100}, {.begin_ns = 20, .end_ns = 100}};
    uint64_t ended_ns[2] = {15, 25};

    (void)state;
    assert_int_equal(in_flight_peak(slots, NULL, 2), 2);
    assert_int_equal(in_flight_peak(slots, ended_ns, 2), 1);
}

// A clock that is too coarse for short tasks, and stamps that cannot be: as many end as have begun, never more.
static void test_in_flight_without_duration(void **state)
{
    struct slot slots[3] = {{.begin_ns = 5, .end_ns = 5}, {.begin_ns = 5, .end_ns = 5}, {.begin_ns = 5, .end_ns = 5}};

    (void)state;
    assert_int_equal(in_flight_peak(slots, NULL, 3), 1);
    slots[0].end_ns = slots[1].end_ns = 1;
    assert_int_equal(in_flight_peak(slots, NULL, 3), 1);
    slots[2].end_ns = 9;
    assert_int_equal(in_flight_peak(slots, NULL, 3), 1);
}

#define JUDGED(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        JUDGED(test_an_honest_trial),
        JUDGED(test_a_wrong_checksum),
        JUDGED(test_checksums_go_by_class),
        JUDGED(test_a_class_that_is_not),
        JUDGED(test_a_task_never_begun),
        JUDGED(test_a_task_never_ended),
        JUDGED(test_an_end_before_the_beginning),
        JUDGED(test_a_sleep_too_short),
        JUDGED(test_pretenders_may_be_short),
        JUDGED(test_too_many_in_flight),
        JUDGED(test_what_the_trial_says_of_itself),
        JUDGED(test_failed_tasks_are_counted_by_name),
        JUDGED(test_wrong_outweighs_failed),
        JUDGED(test_the_first_answer_is_the_oracle),
        JUDGED(test_another_answer_than_the_first),
        JUDGED(test_answers_that_vary),
        JUDGED(test_a_model_that_failed),
        JUDGED(test_a_result_that_lacks_a_figure),
        JUDGED(test_cpu_time_that_is_left_out),
        JUDGED(test_cpu_time_of_a_start_that_is_not_known),
        JUDGED(test_what_a_trial_says_is_not_counted),
        JUDGED(test_no_time_at_all),
        JUDGED(test_more_time_than_there_is),
        JUDGED(test_stamps_that_cannot_be),
        JUDGED(test_counters_that_are_none),
        JUDGED(test_failures_without_a_reason),
        JUDGED(test_no_result),
        JUDGED(test_the_last_words),
        JUDGED(test_expected_failures),
        JUDGED(test_a_failure_that_did_not_come),
        JUDGED(test_another_failure_than_expected),
        JUDGED(test_pretenders_do_not_fail),
        JUDGED(test_lost_updates),
        JUDGED(test_no_update_lost),
        JUDGED(test_updates_that_nobody_made),
        JUDGED(test_a_counter_that_is_missing),
        JUDGED(test_no_counter_where_nothing_counts),
        JUDGED(test_updates_of_tasks_that_failed),
        JUDGED(test_pretenders_update_nothing),
        JUDGED(test_classes_by_themselves),
        JUDGED(test_failures_by_class),
        JUDGED(test_one_class_is_no_mix),
        JUDGED(test_arrivals_are_offsets),
        JUDGED(test_closed_loops_have_no_backlog),
        JUDGED(test_begun_before_it_arrived),
        JUDGED(test_arrivals_that_were_written_over),
        JUDGED(test_begun_before_the_run),
        JUDGED(test_pretenders_need_not_wait_for_arrivals),
        JUDGED(test_a_run_without_a_start),
        cmocka_unit_test(test_in_flight_one_after_the_other),
        cmocka_unit_test(test_in_flight_peak),
        cmocka_unit_test(test_in_flight_without_duration),
        cmocka_unit_test(test_in_flight_until_the_end),
        cmocka_unit_test(test_in_flight_only_what_began),
        cmocka_unit_test(test_in_flight_by_other_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

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

#include "measure/sample.h"
#include "measure/status.h"
#include "measure/supervisor.h"

#define TASKS 4
#define RESULT                                                                                                 \
    "{\"setup_ns\":10,\"run_ns\":200,\"teardown_ns\":3000,\"cpu_ns\":5,\"startup_cpu_ns\":1,\"switches_own\":7," \
    "\"switches_forced\":8,\"counters\":{\"handovers\":9}}"

// Two lanes carry four tasks of 100 ns and the checksums 11 (class 0) and 22 (class 1), one after the other.
struct bed {
    struct slot slots[TASKS];
    uint32_t checks[2];
    uint64_t least_wait_ns[2];
    struct oracle oracle;
    struct trial_report report;
    cJSON *sample;
};

static struct bed bed;

static int set_up(void **state)
{
    (void)state;
    bed = (struct bed){.checks = {11, 22}, .least_wait_ns = {100, 0}};
    for (unsigned i = 0; i < TASKS; i++) {
        uint64_t begin_ns = 1000 + i / 2 * 200;

        bed.slots[i] = (struct slot){.arrival_ns = begin_ns - 10, .begin_ns = begin_ns, .end_ns = begin_ns + 100,
                                     .class_index = i % 2, .check = 11 * (i % 2 + 1)};
    }
    bed.oracle = (struct oracle){
        .tasks = TASKS, .lanes = 2, .classes = 2, .checks = bed.checks, .least_wait_ns = bed.least_wait_ns};
    bed.report = (struct trial_report){.outcome = TRIAL_DONE, .result = cJSON_Parse(RESULT)};
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
    bed.sample = sample_make(&bed.oracle, bed.slots, &bed.report);
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
    assert_true(number_of(bed.sample, "wall_ns") == 3210); // set-up, run and teardown: a user pays all three
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
    bed.oracle.first_check = true;
    for (unsigned i = 0; i < TASKS; i++)
        bed.slots[i].check = 77;
    assert_ok();
}

static void test_another_answer_than_the_first(void **state)
{
    (void)state;
    bed.oracle.first_check = true;
    bed.slots[0].status = 500; // the first one that succeeded counts
    bed.slots[1].check = bed.slots[2].check = 77;
    bed.slots[3].check = 78;
    assert_verdict("wrong", "checksum 78 instead of 77");
}

static void test_answers_that_vary(void **state)
{
    (void)state;
    bed.oracle.any_check = true;
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
    cJSON_DeleteItemFromObjectCaseSensitive(bed.report.result, "cpu_ns");
    assert_verdict("failed", "lacks a figure");
}

static void test_no_result(void **state)
{
    (void)state;
    snprintf(bed.report.reason, sizeof bed.report.reason, "killed by signal 11");
    bed.sample = sample_failed(&bed.oracle, &bed.report);
    assert_non_null(bed.sample);
    assert_string_equal(text_of("status"), "failed");
    assert_string_equal(text_of("reason"), "killed by signal 11");
    assert_null(text_of("diagnostics"));
}

static void test_the_last_words(void **state)
{
    (void)state;
    snprintf(bed.report.diagnostics, sizeof bed.report.diagnostics, "loading\nout of luck");
    bed.sample = sample_failed(&bed.oracle, &bed.report);
    assert_non_null(bed.sample);
    assert_non_null(text_of("diagnostics"));
    assert_non_null(strstr(text_of("diagnostics"), "out of luck"));
}

// --- in flight, from stamps alone

static void test_in_flight_one_after_the_other(void **state)
{
    struct slot slots[3] = {
        {.begin_ns = 10, .end_ns = 20}, {.begin_ns = 20, .end_ns = 30}, {.begin_ns = 31, .end_ns = 32}};

    (void)state;
    assert_int_equal(sample_in_flight(slots, NULL, 3), 1); // what ends when the next begins has made room
}

static void test_in_flight_peak(void **state)
{
    struct slot slots[5] = {{.begin_ns = 40, .end_ns = 50}, {.begin_ns = 10, .end_ns = 45},
                            {.begin_ns = 20, .end_ns = 30}, {.begin_ns = 25, .end_ns = 41},
                            {.begin_ns = 60, .end_ns = 61}};

    (void)state;
    assert_int_equal(sample_in_flight(slots, NULL, 5), 3);
}

static void test_in_flight_until_the_end(void **state)
{
    struct slot slots[3] = {{.begin_ns = 10}, {.begin_ns = 20, .end_ns = 21}, {.begin_ns = 30, .end_ns = 31}};

    (void)state;
    assert_int_equal(sample_in_flight(slots, NULL, 3), 2); // one that never ended is in flight for good
}

static void test_in_flight_only_what_began(void **state)
{
    struct slot slots[2] = {{.end_ns = 5}, {.begin_ns = 0}};

    (void)state;
    assert_int_equal(sample_in_flight(slots, NULL, 2), 0);
    assert_int_equal(sample_in_flight(slots, NULL, 0), 0);
}

static void test_in_flight_by_other_ends(void **state)
{
    struct slot slots[2] = {{.begin_ns = 10, .end_ns = 100}, {.begin_ns = 20, .end_ns = 100}};
    uint64_t ended_ns[2] = {15, 25};

    (void)state;
    assert_int_equal(sample_in_flight(slots, NULL, 2), 2);
    assert_int_equal(sample_in_flight(slots, ended_ns, 2), 1);
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
        JUDGED(test_no_result),
        JUDGED(test_the_last_words),
        cmocka_unit_test(test_in_flight_one_after_the_other),
        cmocka_unit_test(test_in_flight_peak),
        cmocka_unit_test(test_in_flight_until_the_end),
        cmocka_unit_test(test_in_flight_only_what_began),
        cmocka_unit_test(test_in_flight_by_other_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

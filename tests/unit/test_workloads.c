// SPDX-License-Identifier: MIT
// The named workloads: the programs they are made of, their defaults, and what they refuse.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "measure/base/clock.h"
#include "registry.h"
#include "workloads/program/compute.h"
#include "workloads/program/json.h"
#include "workloads/workload.h"

#define CORES 4

static void make(const char *text, struct workload *workload)
{
    char error[WORKLOAD_ERROR] = "";

    if (workload_make(text, CORES, workload, error) != 0)
        fail_msg("%s: %s", text, error);
}

// The classes, as a trial gets them.
static void assert_classes(const char *text, const char *expected)
{
    struct workload workload;
    cJSON *json;
    char *classes;

    make(text, &workload);
    json = task_mix_to_json(&workload.mix);
    classes = cJSON_PrintUnformatted(json);
    if (strcmp(classes, expected) != 0)
        fail_msg("%s: %s instead of %s", text, classes, expected);
    cJSON_free(classes);
    cJSON_Delete(json);
    workload_release(&workload);
}

static void assert_steps(const char *text, const char *name, const char *steps)
{
    char expected[1024];

    snprintf(expected, sizeof expected, "[{\"name\":\"%s\",\"weight\":1,\"steps\":[%s]}]", name, steps);
    assert_classes(text, expected);
}

// A workload is typed as its file and its line in meson.build are called.
static void test_names(void **state)
{
#define NAME(name) #name,
    static const char *const names[] = {CCBENCH_WORKLOADS(NAME) NULL};
#undef NAME
    size_t i = 0;

    (void)state;
    for (; names[i] != NULL; i++)
        assert_string_equal(workload_kinds[i]->name, names[i]);
    assert_null(workload_kinds[i]);
}

static void test_programs(void **state)
{
    (void)state;
    assert_steps("file", "file", "{\"read\":\"64k\"}");
    assert_steps("file:64k:direct", "file", "{\"direct\":true,\"read\":\"64k\"}");
    assert_steps("http:10ms", "http", "{\"fetch\":\"/delay/10ms\"}");
    assert_steps("http:10ms:fresh", "http", "{\"fresh\":true,\"fetch\":\"/delay/10ms\"}");
    assert_steps("http:/bytes/4k:tls", "http", "{\"tls\":true,\"fetch\":\"/bytes/4k\"}");
    assert_steps("http:10ms:tls:fresh", "http", "{\"fresh\":true,\"tls\":true,\"fetch\":\"/delay/10ms\"}");
    assert_steps("http:10ms:fresh:tls", "http", "{\"fresh\":true,\"tls\":true,\"fetch\":\"/delay/10ms\"}");
    assert_steps("file:1b", "file", "{\"read\":\"1\"}");
    assert_steps("payload:64k", "payload", "{\"take\":\"64k\"},{\"reply\":\"64k\"}");
    assert_steps("payload:0", "payload", "{\"take\":\"0\"},{\"reply\":\"0\"}");
    assert_steps("fib:7", "fib", "{\"compute\":7}");
    assert_steps("fib:7:nogil", "fib", "{\"nogil\":true,\"compute\":7}");
    assert_steps("race:10", "race", "{\"repeat\":10,\"steps\":[{\"load\":true},{\"store\":true}]}");
    assert_steps("race:10:yield", "race", "{\"repeat\":10,\"steps\":[{\"load\":true},{\"yield\":1},{\"store\":true}]}");
    assert_steps("race:10:lock", "race",
                 "{\"repeat\":10,\"steps\":[{\"lock\":true},{\"load\":true},{\"store\":true},{\"unlock\":true}]}");
    assert_steps("race:10:atomic", "race", "{\"repeat\":10,\"steps\":[{\"add\":1}]}");
    assert_steps("race:10:file", "race", "{\"repeat\":10,\"steps\":[{\"load_file\":true},{\"store_file\":true}]}");
    assert_steps("race:10:file:yield", "race",
                 "{\"repeat\":10,\"steps\":[{\"load_file\":true},{\"yield\":1},{\"store_file\":true}]}");
    assert_steps("race:10:file:lock", "race",
                 "{\"repeat\":10,\"steps\":[{\"lock_file\":true},{\"load_file\":true},{\"store_file\":true},"
                 "{\"unlock_file\":true}]}");
    assert_steps("spawn", "spawn", "");
}

// Before it is calibrated, a time is as many fib(COMPUTE_UNIT_N) as would take it at the estimate of a call.
static unsigned times_of(double ns)
{
    return (unsigned)(ns / (compute_calls(COMPUTE_UNIT_N) * COMPUTE_CALL_NS));
}

static void test_times_to_compute(void **state)
{
    char expected[512];

    (void)state;
    snprintf(expected, sizeof expected, "{\"times\":%u,\"compute\":%d}", times_of(1e6), COMPUTE_UNIT_N);
    assert_steps("compute:1ms", "compute", expected);
    assert_steps("compute:1ns", "compute", "{\"compute\":10}"); // at least once
    snprintf(expected, sizeof expected, "{\"take\":\"1m\"},{\"times\":%u,\"compute\":%d},{\"reply\":\"1m\"}",
             times_of(1e9), COMPUTE_UNIT_N);
    assert_steps("crunch:1m:1s", "crunch", expected);
    snprintf(expected, sizeof expected,
             "[{\"name\":\"waits\",\"weight\":1,\"steps\":[{\"fetch\":\"/delay/10ms\"}]},"
             "{\"name\":\"computes\",\"weight\":1,\"steps\":[{\"times\":%u,\"compute\":10}]},"
             "{\"name\":\"both\",\"weight\":1,\"steps\":[{\"fetch\":\"/delay/10ms\"},{\"times\":%u,\"compute\":10}]}]",
             times_of(2e6), times_of(2e6));
    assert_classes("mixed:10ms,2ms", expected);
    assert_classes("mixed:10ms,20",
                   "[{\"name\":\"waits\",\"weight\":1,\"steps\":[{\"fetch\":\"/delay/10ms\"}]},"
                   "{\"name\":\"computes\",\"weight\":1,\"steps\":[{\"compute\":20}]},"
                   "{\"name\":\"both\",\"weight\":1,\"steps\":[{\"fetch\":\"/delay/10ms\"},{\"compute\":20}]}]");
}

static void test_hog(void **state)
{
    static const char shorts[] = "{\"name\":\"short\",\"weight\":20,\"steps\":[{\"sleep\":\"1ms\"}]}";
    struct workload workload;
    char expected[512];

    (void)state;
    snprintf(expected, sizeof expected,
             "[%s,{\"name\":\"hog\",\"weight\":1,\"every\":\"1s\",\"steps\":[{\"times\":%u,\"compute\":10}]}]", shorts,
             times_of(100e6));
    assert_classes("hog", expected);
    snprintf(
        expected, sizeof expected,
        "[%s,{\"name\":\"hog\",\"weight\":1,\"every\":\"1s\",\"steps\":[{\"repeat\":100,\"steps\":[{\"times\":%u,\"compute\":10},"
        "{\"yield\":1}]}]}]",
        shorts, times_of(1e6));
    assert_classes("hog:yield=1ms", expected);
    assert_classes("hog:100ms:yield=1ms", expected);
    // Pieces of the same length, none longer than asked for.
    snprintf(
        expected, sizeof expected,
        "[%s,{\"name\":\"hog\",\"weight\":1,\"every\":\"1s\",\"steps\":[{\"repeat\":4,\"steps\":[{\"times\":%u,\"compute\":10},"
        "{\"yield\":1}]}]}]",
        shorts, times_of(2.5e6));
    assert_classes("hog:10ms:yield=3ms", expected);
    make("hog", &workload);
    assert_true(workload.rate_per_s == 20);
    assert_true(workload.duration_ns == NS_PER_S);
    workload_release(&workload);
}

static void test_gather(void **state)
{
    (void)state;
    assert_steps("gather", "gather", "{\"gather\":[[{\"sleep\":\"50ms\"}],[{\"sleep\":\"50ms\"}]]}");
    assert_steps("gather:1:1s", "gather", "{\"gather\":[[{\"sleep\":\"1s\"}]]}");
    assert_steps("gather:3:0ms", "gather",
                 "{\"gather\":[[{\"sleep\":\"0\"}],[{\"sleep\":\"0\"}],[{\"sleep\":\"0\"}]]}");
}

static void test_ladder(void **state)
{
    (void)state;
    assert_classes("ladder:64k", "[{\"name\":\"memory\",\"weight\":1,\"steps\":[{\"copy\":\"64k\"}]},"
                                 "{\"name\":\"page cache\",\"weight\":1,\"steps\":[{\"read\":\"64k\"}]},"
                                 "{\"name\":\"device\",\"weight\":1,\"steps\":[{\"direct\":true,\"read\":\"64k\"}]},"
                                 "{\"name\":\"loopback\",\"weight\":1,\"steps\":[{\"fetch\":\"/bytes/64k\"}]}]");
    assert_classes("ladder:4k:tls", "[{\"name\":\"memory\",\"weight\":1,\"steps\":[{\"copy\":\"4k\"}]},"
                                    "{\"name\":\"page cache\",\"weight\":1,\"steps\":[{\"read\":\"4k\"}]},"
                                    "{\"name\":\"device\",\"weight\":1,\"steps\":[{\"direct\":true,\"read\":\"4k\"}]},"
                                    "{\"name\":\"loopback\",\"weight\":1,\"steps\":[{\"fetch\":\"/bytes/4k\"}]},"
                                    "{\"name\":\"loopback with TLS\",\"weight\":1,"
                                    "\"steps\":[{\"tls\":true,\"fetch\":\"/bytes/4k\"}]}]");
}

static void test_faulty(void **state)
{
    (void)state;
    assert_classes(
        "faulty:10%",
        "[{\"name\":\"good\",\"weight\":90000,\"steps\":[{\"fetch\":\"/delay/5ms/bytes/1k\"}]},"
        "{\"name\":\"error\",\"weight\":5000,\"expect\":\"failure\",\"steps\":[{\"fetch\":\"/delay/5ms/status/503\"}]},"
        "{\"name\":\"reset\",\"weight\":5000,\"expect\":\"failure\",\"steps\":[{\"fetch\":\"/delay/5ms/reset\"}]}]");
    assert_classes(
        "faulty:100%",
        "[{\"name\":\"error\",\"weight\":50000,\"expect\":\"failure\",\"steps\":[{\"fetch\":\"/delay/5ms/status/503\"}]},"
        "{\"name\":\"reset\",\"weight\":50000,\"expect\":\"failure\",\"steps\":[{\"fetch\":\"/delay/5ms/reset\"}]}]");
}

static struct workload defaults(const char *text)
{
    struct workload workload;

    make(text, &workload);
    workload_release(&workload);
    return workload;
}

static void test_defaults(void **state)
{
    (void)state;
    assert_true(defaults("spawn").lane_per_task);
    assert_false(defaults("noop").lane_per_task);
    assert_int_equal(defaults("compute").concurrency, CORES);
    assert_int_equal(defaults("payload").concurrency, 2 * CORES);
    assert_int_equal(defaults("payload").tasks, 64);
    assert_true(defaults("fib").rate_per_s == 0);
}

// What is handed over or held at once stays within a gibibyte, and there is always something to do at once.
static void test_large_sizes_get_fewer_tasks(void **state)
{
    struct workload workload = defaults("payload:1g");

    (void)state;
    assert_int_equal(workload.concurrency, 1);
    assert_int_equal(workload.tasks, 2);
    workload = defaults("crunch:1g:1s");
    assert_int_equal(workload.concurrency, 1);
    assert_int_equal(workload.tasks, 2);
    assert_int_equal(defaults("crunch").concurrency, CORES);
    assert_int_equal(defaults("crunch").tasks, 16);
    assert_int_equal(defaults("ladder").concurrency, 1);
    assert_int_equal(defaults("ladder").tasks, 1200);
    assert_int_equal(defaults("ladder:256m").tasks, 4);
    assert_int_equal(defaults("ladder:4k:tls").tasks, 1500);
    workload = defaults("file:1g");
    assert_int_equal(workload.concurrency, 1);
    assert_int_equal(workload.tasks, 2);
    workload = defaults("file:1m");
    assert_int_equal(workload.concurrency, 32);
    assert_int_equal(workload.tasks, 1000);
    assert_int_equal(defaults("compute:10us").tasks, 10000);
    assert_int_equal(defaults("compute:10s").tasks, 4 * CORES);
}

// However often each task adds, all together add about as often.
static void test_races_of_any_length(void **state)
{
    (void)state;
    assert_int_equal(defaults("race").tasks, 10000);
    assert_int_equal(defaults("race:10k").tasks, 1000);
    assert_int_equal(defaults("race:10m").tasks, 16);
    assert_int_equal(defaults("race:1").tasks, 100000);
    assert_true(defaults("race:10k:yield").tasks < defaults("race:10k").tasks);
}

// What they come to in all, for the oracle and the ideal.
static void test_costs(void **state)
{
    struct program_cost cost;
    struct workload workload;

    (void)state;
    make("race:1k:lock", &workload);
    program_cost(&workload.mix.classes[0].program, false, &cost);
    assert_int_equal(cost.updates, 1000);
    assert_int_equal(cost.kinds & STEP_SHARED,
                     STEP_BIT(STEP_LOCK) | STEP_BIT(STEP_UNLOCK) | STEP_BIT(STEP_LOAD) | STEP_BIT(STEP_STORE));
    workload_release(&workload);
    make("file:64k", &workload);
    program_cost(&workload.mix.classes[0].program, false, &cost);
    assert_false(cost.endless_io); // a copy out of the page cache
    assert_int_equal(cost.check, 65536);
    workload_release(&workload);
    make("file:64k:direct", &workload);
    program_cost(&workload.mix.classes[0].program, false, &cost);
    assert_true(cost.endless_io && cost.direct);
    workload_release(&workload);
}

static void test_sums_stay_at_the_largest_number(void **state)
{
    struct program program = {0}, *body = &program;
    struct program_cost cost;

    (void)state;
    for (int i = 0; i < 8; i++)
        body = program_append_call(body, 1000000000);
    program_append(body, STEP_SLEEP)->arg = 1000000000;
    program_cost(&program, false, &cost);
    assert_true(cost.wait_ns == UINT64_MAX && cost.least_wait_ns == UINT64_MAX && cost.steps == UINT64_MAX);
    program_release(&program);
}

static void test_refused(void **state)
{
    static const char *const texts[] = {
        "http:10ms:",
        "http::tls",
        "http:fresh",
        "http:10ms:x",
        "http:1ms:tls:tls",
        "http:/:fresh:x",
        "file:0",
        "file:2g",
        "file:64k:x",
        "file:64k:",
        "file:5k:direct",
        "file:",
        "race:0",
        "race:1:x",
        "race:1:",
        "race:",
        "race:10k:lock:x",
        "race:1g",
        "hog:0ms",
        "hog:",
        "hog:yield=1",
        "hog:yield=",
        "hog:1ms:yield=2ms",
        "hog:61s",
        "hog:1ms:x",
        "faulty:0%",
        "gather:0",
        "gather:65",
        "gather:",
        "gather:2:",
        "gather:2:2h",
        "gather:1s",
        "faulty:101%",
        "faulty:5",
        "faulty:",
        "spawn:3",
        "compute:3",
        "compute:0s",
        "compute:2h",
        "payload:2g",
        "payload:-1",
        "mixed:10ms",
        "fib:61",
        "fib:7:x",
        "fib:7:",
        "fib:nogil",
        "fib:7:nogil:x",
        "crunch:2g:1s",
        "crunch:1m:",
        "crunch:1m:0s",
        "crunch:1m:2h",
        "crunch:1m:1s:x",
        "crunch:",
        "crunch:1m:27",
        "ladder:0",
        "ladder:5k",
        "ladder:512m",
        "ladder:4k:direct",
        "ladder:4k:tls:tls",
        "ladder:tls",
        "ladder:",
        "ladder:x",
        "mixed:10ms,2h",
        "mixed:10ms,61",
        "mixed:10ms,",
        "mixed:10ms,0s",
        "mixed:x,27",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char error[WORKLOAD_ERROR] = "";
        struct workload workload = {.tasks = 4711};
        int err = workload_make(texts[i], CORES, &workload, error);

        if (err != -EINVAL || error[0] == '\0' || strchr(error, '\n') != NULL || workload.tasks != 4711)
            fail_msg("%s: %d, '%s'", texts[i], err, error);
        if (strstr(error, "expected") == NULL && strstr(error, "takes no argument") == NULL)
            fail_msg("%s: '%s' does not say what was expected", texts[i], error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_programs),
        cmocka_unit_test(test_times_to_compute),
        cmocka_unit_test(test_hog),
        cmocka_unit_test(test_ladder),
        cmocka_unit_test(test_faulty),
        cmocka_unit_test(test_gather),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_large_sizes_get_fewer_tasks),
        cmocka_unit_test(test_races_of_any_length),
        cmocka_unit_test(test_costs),
        cmocka_unit_test(test_sums_stay_at_the_largest_number),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

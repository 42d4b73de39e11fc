// SPDX-License-Identifier: MIT
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "workloads/program/json.h"

#define NESTED 4096

static int read_how(const char *text, bool strict, struct task_mix *ret_mix, char error[JSON_ERROR])
{
    cJSON *object = cJSON_CreateObject(), *json = cJSON_Parse(text);
    struct json_fault fault;
    int err;

    assert_non_null(json);
    cJSON_AddItemToObject(object, "classes", json);
    err = task_mix_read(object, strict, ret_mix, &fault);
    if (err == -EINVAL)
        json_fault_write(&fault, error);
    cJSON_Delete(object);
    return err;
}

// As a trial reads its plan.
static int read_text(const char *text, struct task_mix *ret_mix, char error[JSON_ERROR])
{
    return read_how(text, false, ret_mix, error);
}

static void read_good(const char *text, struct task_mix *ret_mix)
{
    char error[JSON_ERROR] = "";
    int err = read_text(text, ret_mix, error);

    if (err != 0)
        fail_msg("%s: %s (%s)", text, error, strerror(-err));
}

static void assert_round_trip(const char *text)
{
    struct task_mix mix;
    cJSON *json;
    char *again;

    read_good(text, &mix);
    json = task_mix_to_json(&mix);
    again = cJSON_PrintUnformatted(json);
    assert_string_equal(again, text);
    cJSON_free(again);
    cJSON_Delete(json);
    task_mix_release(&mix);
}

static void test_round_trips(void **state)
{
    (void)state;
    assert_round_trip("[{\"name\":\"nothing\",\"weight\":1,\"steps\":[]}]");
    assert_round_trip("[{\"name\":\"a\",\"weight\":9,\"steps\":[{\"fetch\":\"/delay/20ms\"},{\"compute\":27},"
                      "{\"repeat\":3,\"steps\":[{\"sleep\":\"1ms\"},{\"repeat\":0,\"steps\":[]}]}]},"
                      "{\"name\":\"b\",\"weight\":1000000,\"steps\":[{\"nogil\":true,\"compute\":60},"
                      "{\"block\":\"1500us\"},{\"yield\":1000000000}]}]");
    assert_round_trip("[{\"name\":\"\\u0001 \\\"quoted\\\"\",\"weight\":1,\"steps\":[{\"sleep\":\"1234567891ns\"}]}]");
}

// `where` is what the sentence begins with, `wrong` what it must mention.
static void assert_refused(const char *text, const char *where, const char *wrong)
{
    char error[JSON_ERROR] = "";
    struct task_mix mix = {.count = 4711};

    assert_int_equal(read_text(text, &mix, error), -EINVAL);
    assert_int_equal(mix.count, 4711);
    if (strncmp(error, where, strlen(where)) != 0 || error[strlen(where)] != ':')
        fail_msg("%s: '%s' does not begin with '%s:'", text, error, where);
    if (strstr(error, wrong) == NULL || strstr(error, "expected") == NULL)
        fail_msg("%s: '%s' does not mention '%s' and what was expected", text, error, wrong);
}

// `where`: of what the step has, or "" for the step itself.
static void assert_step_refused(const char *step, const char *where, const char *wrong)
{
    char text[1280], path[64];

    snprintf(text, sizeof text, "[{\"name\":\"a\",\"steps\":[{\"sleep\":\"1ms\"},%s]}]", step);
    snprintf(path, sizeof path, "classes[0].steps[1]%s", where);
    assert_refused(text, path, wrong);
}

static void test_children_round_trip(void **state)
{
    struct task_mix mix;
    const struct step *step;

    (void)state;
    assert_round_trip("[{\"name\":\"a\",\"weight\":1,\"steps\":[{\"gather\":[[{\"sleep\":\"1ms\"}],[],"
                      "[{\"repeat\":2,\"steps\":[{\"on_failure\":\"cancel\",\"gather\":[[{\"fetch\":\"/\"}]]}]}]]}]}]");
    read_good("[{\"name\":\"a\",\"steps\":[{\"gather\":[[],[{\"yield\":3}]],\"on_failure\":\"wait\"}]}]", &mix);
    step = &mix.classes[0].program.steps[0];
    assert_int_equal(step->kind, STEP_GATHER);
    assert_int_equal(step->arg, 2);
    assert_false(step->cancel);
    assert_int_equal(step->callee[0].length, 0);
    assert_int_equal(step->callee[1].steps[0].arg, 3);
    task_mix_release(&mix);
}

static void test_children_that_are_refused(void **state)
{
    char text[1024] = "{\"gather\":[[]";

    (void)state;
    assert_step_refused("{\"gather\":[]}", ".gather", "1 to 64");
    assert_step_refused("{\"gather\":2}", ".gather", "1 to 64");
    assert_step_refused("{\"gather\":[{}]}", ".gather[0]", "{} is not a list of steps");
    assert_step_refused("{\"gather\":[[],[{\"jump\":1}]]}", ".gather[1][0]", "is not a step");
    assert_step_refused("{\"gather\":[[]],\"on_failure\":\"stop\"}", ".on_failure", "'stop'");
    assert_step_refused("{\"gather\":[[]],\"on_failure\":true}", ".on_failure", "\"wait\" or \"cancel\"");
    assert_step_refused("{\"gather\":[[]],\"steps\":[]}", ".steps", "unknown key in a gather step");
    assert_step_refused("{\"sleep\":\"1s\",\"on_failure\":\"wait\"}", ".on_failure", "unknown key in a sleep step");
    assert_step_refused("{\"gather\":[[],[{\"repeat\":2,\"steps\":[{\"take\":\"1k\"}]}]]}", ".gather[1]",
                        "take and reply belong to a task, not to a child of gather");
    assert_step_refused("{\"gather\":[[{\"lock\":true}]]}", ".gather[0]", "locked to the end");
    for (int i = 1; i < 65; i++)
        strcat(text, ",[]");
    strcat(text, "]}");
    assert_step_refused(text, ".gather", "1 to 64");
}

static void test_no_gather_under_the_lock(void **state)
{
    static const char wrong[] = "gather may not stand between lock and unlock";
    struct task_mix mix;

    (void)state;
    assert_refused("[{\"name\":\"a\",\"steps\":[{\"lock\":true},{\"gather\":[[]]},{\"unlock\":true}]}]",
                   "classes[0].steps[1]", wrong);
    assert_refused("[{\"name\":\"a\",\"steps\":[{\"lock\":true},{\"repeat\":0,\"steps\":[{\"gather\":[[]]}]},"
                   "{\"unlock\":true}]}]",
                   "classes[0].steps[1]", wrong);
    read_good("[{\"name\":\"a\",\"steps\":[{\"lock\":true},{\"unlock\":true},{\"gather\":[[{\"lock\":true},"
              "{\"unlock\":true},{\"gather\":[[]]}]]}]}]",
              &mix);
    task_mix_release(&mix);
}

static void test_values_arrive(void **state)
{
    const struct program *program;
    struct task_mix mix;

    (void)state;
    read_good("[{\"name\":\"a\",\"steps\":[{\"sleep\":\"1.5ms\"},{\"compute\":30,\"nogil\":true},{\"compute\":31},"
              "{\"fetch\":\"/bytes/4k\"},{\"repeat\":2,\"steps\":[{\"yield\":5}]},{\"block\":\"2s\"}]}]",
              &mix);
    assert_int_equal(mix.count, 1);
    assert_string_equal(mix.classes[0].name, "a");
    assert_int_equal(mix.classes[0].weight, 1); // where none is given
    program = &mix.classes[0].program;
    assert_int_equal(program->length, 6);
    assert_int_equal(program->steps[0].kind, STEP_SLEEP);
    assert_int_equal(program->steps[0].arg, 1500000);
    assert_int_equal(program->steps[1].kind, STEP_COMPUTE);
    assert_int_equal(program->steps[1].arg, 30);
    assert_true(program->steps[1].nogil);
    assert_false(program->steps[2].nogil);
    assert_string_equal(program->steps[3].path, "/bytes/4k");
    assert_int_equal(program->steps[4].arg, 2);
    assert_int_equal(program->steps[4].callee->steps[0].arg, 5);
    assert_int_equal(program->steps[5].arg, UINT64_C(2000000000));
    task_mix_release(&mix);
}

static void test_bad_lists_are_refused(void **state)
{
    (void)state;
    assert_refused("{}", "classes", "{} is not a list");
    assert_refused("[]", "classes", "[] is not a list");
    assert_refused("null", "classes", "null is not a list");
    assert_refused("[1]", "classes[0]", "1 is not a class");
    assert_refused("[{\"steps\":[]}]", "classes[0]", "no name");
    assert_refused("[{\"name\":\"\",\"steps\":[]}]", "classes[0].name", "'' is not a name");
    assert_refused("[{\"name\":1,\"steps\":[]}]", "classes[0].name", "1 is not a name");
    assert_refused("[{\"name\":\"a\"}]", "classes[0]", "no list of steps");
    assert_refused("[{\"name\":\"a\",\"steps\":{}}]", "classes[0].steps", "{} is not a list of steps");
    assert_refused("[{\"name\":\"a\",\"steps\":[]},{\"name\":\"b\",\"weight\":0,\"steps\":[]}]", "classes[1].weight",
                   "0 is not such a number");
    assert_refused("[{\"name\":\"a\",\"weight\":1.5,\"steps\":[]}]", "classes[0].weight", "1.5 is not");
    assert_refused("[{\"name\":\"a\",\"weight\":1000001,\"steps\":[]}]", "classes[0].weight", "1000000");
    assert_refused("[{\"name\":\"a\",\"weight\":1e999,\"steps\":[]}]", "classes[0].weight", "infinity is not");
    assert_refused("[{\"name\":\"a\",\"expect\":\"success\",\"steps\":[]}]", "classes[0].expect", "'success'");
    assert_refused("[{\"name\":\"a\",\"every\":\"0s\",\"steps\":[]}]", "classes[0].every", "'0s'");
    assert_refused("[{\"name\":\"a\",\"every\":5,\"steps\":[]}]", "classes[0].every", "5 is not a duration");
}

static void test_bad_steps_are_refused(void **state)
{
    (void)state;
    assert_step_refused("{}", "", "{} is not a step");
    assert_step_refused("5", "", "5 is not a step");
    assert_step_refused("{\"jump\":1}", "", "{\"jump\":1} is not a step");
    assert_step_refused("{\"sleep\":10}", ".sleep", "10 is not a duration");
    assert_step_refused("{\"sleep\":\"10\"}", ".sleep", "'10' is not a duration");
    assert_step_refused("{\"sleep\":\"-1ms\"}", ".sleep", "'-1ms'");
    assert_step_refused("{\"sleep\":\"1001h\"}", ".sleep", "1000h");
    assert_step_refused("{\"block\":\"soon\"}", ".block", "duration");
    assert_step_refused("{\"compute\":61}", ".compute", "60");
    assert_step_refused("{\"compute\":-1}", ".compute", "number");
    assert_step_refused("{\"compute\":2.5}", ".compute", "number");
    assert_step_refused("{\"compute\":\"27\"}", ".compute", "'27' is not how much to compute");
    assert_step_refused("{\"compute\":\"0ms\"}", ".compute", "'0ms'");
    assert_step_refused("{\"compute\":\"2h\"}", ".compute", "1h");
    assert_step_refused("{\"compute\":\"2ms\",\"times\":3}", ".times", "3 is not possible");
    assert_step_refused("{\"compute\":20,\"times\":0}", ".times", "number");
    assert_step_refused("{\"compute\":20,\"nogil\":\"yes\"}", ".nogil", "'yes' is not true");
    assert_step_refused("{\"yield\":0}", ".yield", "number");
    assert_step_refused("{\"yield\":1e99}", ".yield", "number");
    assert_step_refused("{\"fetch\":\"bytes\"}", ".fetch", "path");
    assert_step_refused("{\"fetch\":\"/nowhere\"}", ".fetch", "path");
    assert_step_refused("{\"fetch\":1}", ".fetch", "path");
    assert_step_refused("{\"read\":4096}", ".read", "4096 is not a size");
    assert_step_refused("{\"read\":\"2g\"}", ".read", "1g");
    assert_step_refused("{\"read\":\"5k\",\"direct\":true}", ".read", "4k");
    assert_step_refused("{\"read\":\"4k\",\"direct\":1}", ".direct", "true");
    assert_step_refused("{\"take\":\"1025m\"}", ".take", "size");
    assert_step_refused("{\"reply\":\"-1\"}", ".reply", "size");
    assert_step_refused("{\"load\":false}", ".load", "true");
    assert_step_refused("{\"add\":0}", ".add", "number");
    assert_step_refused("{\"repeat\":-1,\"steps\":[]}", ".repeat", "number");
    assert_step_refused("{\"repeat\":2}", "", "no list of steps");
    assert_step_refused("{\"sleep\":\"1ms\",\"compute\":1}", ".compute", "unknown key");
    assert_step_refused("{\"sleep\":\"1ms\",\"nogil\":true}", ".nogil", "unknown key in a sleep step");
    assert_step_refused("{\"compute\":1,\"steps\":[]}", ".steps", "unknown key");
    assert_step_refused("{\"compute\":1,\"compute\":2}", ".compute", "second");
}

static void test_the_lock_is_given_back(void **state)
{
    (void)state;
    assert_step_refused("{\"unlock\":true}", "", "not locked");
    assert_refused("[{\"name\":\"a\",\"steps\":[{\"lock\":true},{\"lock\":true}]}]", "classes[0].steps[1]",
                   "locked twice");
    assert_refused("[{\"name\":\"a\",\"steps\":[{\"lock\":true},{\"load\":true}]}]", "classes[0].steps",
                   "locked to the end");
    assert_refused(
        "[{\"name\":\"a\",\"steps\":[{\"lock\":true},{\"repeat\":2,\"steps\":[{\"lock\":true},{\"unlock\":true}]},"
        "{\"unlock\":true}]}]",
        "classes[0].steps[1]", "locked twice");
}

// Nor is one taken while the other is held.
static void test_the_file_is_unlocked(void **state)
{
    (void)state;
    assert_step_refused("{\"unlock_file\":true}", "", "not locked");
    assert_refused("[{\"name\":\"a\",\"steps\":[{\"lock_file\":true},{\"unlock\":true}]}]", "classes[0].steps[1]",
                   "not locked");
    assert_refused("[{\"name\":\"a\",\"steps\":[{\"lock\":true},{\"unlock_file\":true}]}]", "classes[0].steps[1]",
                   "not locked");
    assert_refused("[{\"name\":\"a\",\"steps\":[{\"lock\":true},{\"lock_file\":true}]}]", "classes[0].steps[1]",
                   "locked twice");
    assert_refused("[{\"name\":\"a\",\"steps\":[{\"lock_file\":true},{\"load_file\":true}]}]", "classes[0].steps",
                   "locked to the end");
    assert_refused("[{\"name\":\"a\",\"steps\":[{\"lock\":true},{\"repeat\":2,\"steps\":[{\"lock_file\":true},"
                   "{\"unlock_file\":true}]},{\"unlock\":true}]}]",
                   "classes[0].steps[1]", "locked twice");
}

// A trial may be asked by a later ccbench, with keys it does not know; a person has mistyped.
static void test_a_person_is_held_to_more(void **state)
{
    static const struct {
        const char *text, *where, *wrong;
    } cases[] = {
        {"[{\"name\":\"a\",\"wieght\":3,\"steps\":[]}]", "classes[0].wieght: ", "unknown key in a class"},
        {"[{\"name\":\"a\",\"weight\":1,\"weight\":2,\"steps\":[]}]", "classes[0].weight: ", "a second such key"},
        {"[{\"name\":\"a\",\"steps\":[]},{\"name\":\"b\",\"steps\":[]},{\"name\":\"a\",\"steps\":[]}]",
         "classes[2].name: ", "'a'"},
        {"[{\"name\":\"a\\u001b[1m\",\"steps\":[]}]", "classes[0].name: ", "control characters"},
        {"[{\"name\":\"a\\u0085\",\"steps\":[]}]", "classes[0].name: ", "control characters"},
        {"[{\"name\":\"12345678901234567890123456789012345678901\",\"steps\":[]}]",
         "classes[0].name: ", "1 to 40 bytes"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char error[JSON_ERROR] = "";
        struct task_mix mix;

        read_good(cases[i].text, &mix);
        task_mix_release(&mix);
        assert_int_equal(read_how(cases[i].text, true, &mix, error), -EINVAL);
        if (strncmp(error, cases[i].where, strlen(cases[i].where)) != 0 || strstr(error, cases[i].wrong) == NULL)
            fail_msg("%s: '%s', expected %s%s", cases[i].text, error, cases[i].where, cases[i].wrong);
    }
}

static void test_the_path_leads_to_the_step(void **state)
{
    (void)state;
    assert_refused("[{\"name\":\"a\",\"steps\":[]},{\"name\":\"b\",\"steps\":[{\"yield\":1},{\"yield\":1},"
                   "{\"repeat\":2,\"steps\":[{\"repeat\":3,\"steps\":[{\"yield\":1},{\"compute\":99}]}]}]}]",
                   "classes[1].steps[2].steps[0].steps[1].compute", "number");
}

// One class whose program is nested `depth` deep, as children of children or by calls.
static void write_nested(char text[NESTED], int depth, bool gathered)
{
    const char *open = gathered ? "{\"gather\":[[" : "{\"repeat\":1,\"steps\":[", *close = gathered ? "]]}" : "]}";
    size_t length = (size_t)snprintf(text, NESTED, "[{\"name\":\"a\",\"steps\":[");

    for (int i = 1; i < depth; i++)
        length += (size_t)snprintf(text + length, NESTED - length, "%s", open);
    for (int i = 1; i < depth; i++)
        length += (size_t)snprintf(text + length, NESTED - length, "%s", close);
    snprintf(text + length, NESTED - length, "]}]");
}

static void test_nesting_is_bounded(void **state)
{
    char text[NESTED], error[JSON_ERROR] = "";
    struct program_cost cost;
    struct task_mix mix;

    (void)state;
    for (int gathered = 0; gathered < 2; gathered++) {
        write_nested(text, 64, gathered);
        read_good(text, &mix);
        program_cost(&mix.classes[0].program, false, &cost);
        assert_int_equal(cost.depth, 64);
        assert_int_equal(cost.children, gathered ? 63 : 0);
        task_mix_release(&mix);
        write_nested(text, 65, gathered);
        assert_int_equal(read_text(text, &mix, error), -EINVAL);
        assert_non_null(strstr(error, "at most 64 levels"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_children_round_trip),
        cmocka_unit_test(test_children_that_are_refused),
        cmocka_unit_test(test_no_gather_under_the_lock),
        cmocka_unit_test(test_values_arrive),
        cmocka_unit_test(test_bad_lists_are_refused),
        cmocka_unit_test(test_bad_steps_are_refused),
        cmocka_unit_test(test_the_lock_is_given_back),
        cmocka_unit_test(test_the_file_is_unlocked),
        cmocka_unit_test(test_a_person_is_held_to_more),
        cmocka_unit_test(test_the_path_leads_to_the_step),
        cmocka_unit_test(test_nesting_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

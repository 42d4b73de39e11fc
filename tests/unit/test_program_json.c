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

#include "workloads/program_json.h"

#define NESTED 4096

static int read_text(const char *text, struct task_mix *ret_mix, char error[PROGRAM_ERROR])
{
    cJSON *json = cJSON_Parse(text);
    int err;

    assert_non_null(json);
    err = task_mix_from_json(json, ret_mix, error);
    cJSON_Delete(json);
    return err;
}

static void read_good(const char *text, struct task_mix *ret_mix)
{
    char error[PROGRAM_ERROR] = "";
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

// `where` is what the sentence begins with, `wrong` what it must mention.
static void assert_refused(const char *text, const char *where, const char *wrong)
{
    char error[PROGRAM_ERROR] = "";
    struct task_mix mix = {.count = 4711};

    assert_int_equal(read_text(text, &mix, error), -EINVAL);
    assert_int_equal(mix.count, 4711);
    if (strncmp(error, where, strlen(where)) != 0 || error[strlen(where)] != ':')
        fail_msg("%s: '%s' does not begin with '%s:'", text, error, where);
    if (strstr(error, wrong) == NULL || strstr(error, "expected") == NULL)
        fail_msg("%s: '%s' does not mention '%s' and what was expected", text, error, wrong);
}

static void assert_step_refused(const char *step, const char *wrong)
{
    char text[256];

    snprintf(text, sizeof text, "[{\"name\":\"a\",\"steps\":[{\"sleep\":\"1ms\"},%s]}]", step);
    assert_refused(text, "classes[0].steps[1]", wrong);
}

static void test_bad_lists_are_refused(void **state)
{
    (void)state;
    assert_refused("{}", "classes", "no list");
    assert_refused("[]", "classes", "no list");
    assert_refused("null", "classes", "no list");
    assert_refused("[{\"steps\":[]}]", "classes[0]", "no name");
    assert_refused("[{\"name\":\"\",\"steps\":[]}]", "classes[0]", "no name");
    assert_refused("[{\"name\":1,\"steps\":[]}]", "classes[0]", "no name");
    assert_refused("[{\"name\":\"a\"}]", "classes[0]", "no list of steps");
    assert_refused("[{\"name\":\"a\",\"steps\":{}}]", "classes[0]", "no list of steps");
    assert_refused("[{\"name\":\"a\",\"steps\":[]},{\"name\":\"b\",\"weight\":0,\"steps\":[]}]", "classes[1]",
                   "number");
    assert_refused("[{\"name\":\"a\",\"weight\":1.5,\"steps\":[]}]", "classes[0]", "number");
    assert_refused("[{\"name\":\"a\",\"weight\":1000001,\"steps\":[]}]", "classes[0]", "1000000");
}

static void test_bad_steps_are_refused(void **state)
{
    (void)state;
    assert_step_refused("{}", "not a step");
    assert_step_refused("5", "not a step");
    assert_step_refused("{\"jump\":1}", "not a step");
    assert_step_refused("{\"sleep\":10}", "duration");
    assert_step_refused("{\"sleep\":\"10\"}", "duration");
    assert_step_refused("{\"sleep\":\"-1ms\"}", "duration");
    assert_step_refused("{\"block\":\"soon\"}", "duration");
    assert_step_refused("{\"compute\":61}", "60");
    assert_step_refused("{\"compute\":-1}", "number");
    assert_step_refused("{\"compute\":2.5}", "number");
    assert_step_refused("{\"compute\":\"27\"}", "number");
    assert_step_refused("{\"yield\":0}", "number");
    assert_step_refused("{\"yield\":1e99}", "number");
    assert_step_refused("{\"fetch\":\"bytes\"}", "path");
    assert_step_refused("{\"fetch\":\"/nowhere\"}", "path");
    assert_step_refused("{\"fetch\":1}", "path");
    assert_step_refused("{\"repeat\":-1,\"steps\":[]}", "number");
    assert_step_refused("{\"repeat\":2}", "no list of steps");
    assert_step_refused("{\"sleep\":\"1ms\",\"compute\":1}", "unknown key");
    assert_step_refused("{\"sleep\":\"1ms\",\"nogil\":true}", "'nogil'");
    assert_step_refused("{\"compute\":1,\"steps\":[]}", "'steps'");
}

static void test_the_path_leads_to_the_step(void **state)
{
    (void)state;
    assert_refused("[{\"name\":\"a\",\"steps\":[]},{\"name\":\"b\",\"steps\":[{\"yield\":1},{\"yield\":1},"
                   "{\"repeat\":2,\"steps\":[{\"repeat\":3,\"steps\":[{\"yield\":1},{\"compute\":99}]}]}]}]",
                   "classes[1].steps[2].steps[0].steps[1]", "number");
}

// One class whose program is nested `depth` deep.
static void write_nested(char text[NESTED], int depth)
{
    size_t length = (size_t)snprintf(text, NESTED, "[{\"name\":\"a\",\"steps\":[");

    for (int i = 1; i < depth; i++)
        length += (size_t)snprintf(text + length, NESTED - length, "{\"repeat\":1,\"steps\":[");
    for (int i = 1; i < depth; i++)
        length += (size_t)snprintf(text + length, NESTED - length, "]}");
    snprintf(text + length, NESTED - length, "]}]");
}

static void test_nesting_is_bounded(void **state)
{
    char text[NESTED], error[PROGRAM_ERROR] = "";
    struct program_cost cost;
    struct task_mix mix;

    (void)state;
    write_nested(text, 64);
    read_good(text, &mix);
    program_cost(&mix.classes[0].program, false, &cost);
    assert_int_equal(cost.depth, 64);
    task_mix_release(&mix);
    write_nested(text, 65);
    assert_int_equal(read_text(text, &mix, error), -EINVAL);
    assert_non_null(strstr(error, "64"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_values_arrive),
        cmocka_unit_test(test_bad_lists_are_refused),
        cmocka_unit_test(test_bad_steps_are_refused),
        cmocka_unit_test(test_the_path_leads_to_the_step),
        cmocka_unit_test(test_nesting_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

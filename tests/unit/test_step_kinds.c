// SPDX-License-Identifier: MIT
// What is written of steps for people and for other programs, docs/workload.schema.json and docs/trial-protocol.md, says
// of each kind what its row says.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "measure/base/procfs.h"
#include "workloads/program/compute.h"
#include "workloads/program/program.h"

static void read_doc(const char *name, char **ret_text)
{
    const char *tests = getenv("TESTS_SOURCE");

    if (tests == NULL || procfs_read(ret_text, "%s/../docs/%s", tests, name) != 0)
        fail_msg("cannot read docs/%s: TESTS_SOURCE is the folder tests, by its path", name);
}

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

// Of the schema's steps, the one that must have that key.
static const cJSON *definition(const cJSON *schema, const char *name)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, member(member(member(schema, "$defs"), "step"), "oneOf")) {
        const cJSON *first = cJSON_GetArrayItem(member(item, "required"), 0);

        if (cJSON_IsString(first) && strcmp(first->valuestring, name) == 0)
            return item;
    }
    fail_msg("no step '%s' in the schema", name);
    return NULL;
}

static void assert_refers(const cJSON *value, const char *name, const char *what)
{
    const cJSON *reference = member(value, "$ref");
    char expected[64];

    snprintf(expected, sizeof expected, "#/$defs/%s", what);
    if (!cJSON_IsString(reference) || strcmp(reference->valuestring, expected) != 0)
        fail_msg("%s in the schema is not %s", name, expected);
}

static void assert_whole(const cJSON *value, const char *name, uint64_t least, uint64_t most)
{
    const cJSON *low = member(value, "minimum"), *high = member(value, "maximum");

    if (!cJSON_IsNumber(low) || low->valuedouble != (double)least || !cJSON_IsNumber(high) ||
        high->valuedouble != (double)most)
        fail_msg("%s in the schema is not from %llu to %llu", name, (unsigned long long)least,
                 (unsigned long long)most);
}

static void assert_lists(const cJSON *value, const struct step_row *row)
{
    assert_int_equal(member(value, "minItems")->valuedouble, row->least);
    assert_int_equal(member(value, "maxItems")->valuedouble, row->most);
    assert_refers(member(value, "items"), row->name, "steps");
}

static void assert_choice(const cJSON *value, const struct step_option *option)
{
    const cJSON *texts = member(value, "enum");

    assert_int_equal(cJSON_GetArraySize(texts), 2);
    assert_string_equal(cJSON_GetArrayItem(texts, 0)->valuestring, option->no);
    assert_string_equal(cJSON_GetArrayItem(texts, 1)->valuestring, option->yes);
}

static void assert_value(const cJSON *properties, const struct step_row *row)
{
    const cJSON *value = member(properties, row->name);

    if (row->value == VALUE_DURATION)
        assert_refers(value, row->name, "duration");
    else if (row->value == VALUE_SIZE)
        assert_refers(value, row->name, "size");
    else if (row->value == VALUE_PATH)
        assert_refers(value, row->name, "path");
    else if (row->value == VALUE_FUNCTION)
        assert_refers(value, row->name, "function");
    else if (row->value == VALUE_TRUE)
        assert_refers(value, row->name, "true");
    else if (row->value == VALUE_LISTS)
        assert_lists(value, row);
    else if (row->value == VALUE_WORK)
        assert_whole(cJSON_GetArrayItem(member(value, "anyOf"), 1), row->name, row->least, row->most);
    else
        assert_whole(value, row->name, row->least, row->most);
    if (row->value == VALUE_STEPS)
        assert_refers(member(properties, "steps"), row->name, "steps");
}

// Those that it has, and no others. Returns how many.
static int assert_options(const cJSON *properties, const struct step_row *row)
{
    int count = 0;

    for (size_t i = 0; i < STEP_OPTION_COUNT; i++) {
        const cJSON *option = member(properties, step_options[i].name);

        if (!(row->options & step_options[i].bit))
            continue;
        if (step_options[i].is_count)
            assert_whole(option, step_options[i].name, 1, STEP_OPTION_MAX);
        else if (step_options[i].yes != NULL)
            assert_choice(option, &step_options[i]);
        else
            assert_refers(option, step_options[i].name, "true");
        count++;
    }
    return count;
}

static void test_the_schema_says_what_the_rows_say(void **state)
{
    char *text = NULL;
    cJSON *schema;

    (void)state;
    read_doc("workload.schema.json", &text);
    schema = cJSON_Parse(text);
    assert_non_null(schema);
    // "fib" is another name of one.
    assert_int_equal(cJSON_GetArraySize(member(member(member(schema, "$defs"), "step"), "oneOf")), STEP_KIND_COUNT + 1);
    for (enum step_kind kind = 0; kind < STEP_KIND_COUNT; kind++) {
        const struct step_row *row = &step_rows[kind];
        const cJSON *step = definition(schema, row->name), *properties = member(step, "properties");
        int options = assert_options(properties, row);

        assert_true(cJSON_IsFalse(member(step, "additionalProperties")));
        assert_value(properties, row);
        if (cJSON_GetArraySize(properties) != options + 1 + (row->value == VALUE_STEPS))
            fail_msg("%s in the schema has other keys than its row", row->name);
    }
    cJSON_Delete(schema);
    free(text);
}

// What the table of steps says of a value: the words, and the bounds as they are written there.
static const char *value_words(const struct step_row *row)
{
    switch (row->value) {
    case VALUE_DURATION:
        return "duration";
    case VALUE_SIZE:
        return row->most == STEP_BYTES_MAX ? "size up to 1g" : "?";
    case VALUE_PATH:
        return "path";
    case VALUE_FUNCTION:
        return "function";
    case VALUE_TRUE:
        return "";
    case VALUE_LISTS:
        return row->least == 1 && row->most == 64 ? "1 to 64 lists of steps" : "?";
    case VALUE_WORK:
        return row->most == COMPUTE_MAX && COMPUTE_MAX == 60 ? "whole number 0 … 60" : "?";
    default:
        return row->most != 1000000000 || row->least > 1 ? "?"
               : row->least == 0                         ? "whole number 0 … 1e9"
                                                         : "whole number 1 … 1e9";
    }
}

// The second column of the table's row for the step, from behind its "|".
static const char *value_written(const char *text, const char *name)
{
    char step[64];
    const char *value;

    snprintf(step, sizeof step, "`{\"%s\":", name);
    value = strstr(text, step);
    value = value != NULL ? strstr(value, " |") : NULL;
    if (value == NULL)
        fail_msg("no step '%s' in the table of steps", name);
    return value + strlen(" |");
}

static void assert_written(const char *text, const struct step_row *row)
{
    const char *words = value_words(row), *value = value_written(text, row->name);
    char expected[64];

    snprintf(expected, sizeof expected, "%s%s |", words[0] != '\0' ? " " : "", words);
    if (strncmp(value, expected, strlen(expected)) != 0)
        fail_msg("the value of '%s' in the table of steps is not '%s'", row->name, words);
}

static void test_the_protocol_says_what_the_rows_say(void **state)
{
    char *text = NULL;

    (void)state;
    read_doc("trial-protocol.md", &text);
    for (enum step_kind kind = 0; kind < STEP_KIND_COUNT; kind++)
        assert_written(text, &step_rows[kind]);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_schema_says_what_the_rows_say),
        cmocka_unit_test(test_the_protocol_says_what_the_rows_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

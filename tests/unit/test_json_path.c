// SPDX-License-Identifier: MIT
// Where in a text something is, for texts as people and programs write them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "measure/base/utf8.h"
#include "workloads/program/json_path.h"

// Enters the path given as the positions of children, ended by -1.
static void enter(struct json_path *path, const cJSON *at, const int *positions)
{
    for (; *positions >= 0; positions++) {
        const cJSON *child = at->child;

        for (int i = 0; i < *positions; i++)
            child = child->next;
        assert_non_null(child);
        json_path_enter(path, at, child);
        at = child;
    }
}

static void assert_place(const char *text, const int *positions, const char *words, unsigned line)
{
    struct json_path path = {.length = 0};
    char written[JSON_PATH_TEXT];
    cJSON *json = cJSON_Parse(text);

    assert_non_null(json);
    enter(&path, json, positions);
    assert_string_equal(json_path_write(&path, written), words);
    if (json_path_line(&path, text) != line)
        fail_msg("%s is in line %u, not %u, of %s", words, line, json_path_line(&path, text), text);
    cJSON_Delete(json);
}

#define AT(...) ((const int[]){__VA_ARGS__, -1})

static void test_nested(void **state)
{
    static const char text[] = "{\n"
                               "  \"name\": \"x\",\n"
                               "  \"classes\": [\n"
                               "    {\"name\": \"a\", \"steps\": []},\n"
                               "    {\n"
                               "      \"name\":\n"
                               "        \"b\",\n"
                               "      \"steps\": [{\"sleep\": \"1ms\"},\n"
                               "        {\"repeat\": 2, \"steps\": [\n"
                               "          {\"compute\": 3},\n"
                               "          {\"fetch\": \"x\"}]}]}]\n"
                               "}\n";

    (void)state;
    assert_place(text, AT(-1), "", 1);
    assert_place(text, AT(0), "name", 2);
    assert_place(text, AT(1), "classes", 3);
    assert_place(text, AT(1, 0), "classes[0]", 4);
    assert_place(text, AT(1, 0, 1), "classes[0].steps", 4);
    assert_place(text, AT(1, 1), "classes[1]", 5);
    assert_place(text, AT(1, 1, 0), "classes[1].name", 6); // of the key
    assert_place(text, AT(1, 1, 1), "classes[1].steps", 8);
    assert_place(text, AT(1, 1, 1, 0, 0), "classes[1].steps[0].sleep", 8);
    assert_place(text, AT(1, 1, 1, 1), "classes[1].steps[1]", 9);
    assert_place(text, AT(1, 1, 1, 1, 1, 0), "classes[1].steps[1].steps[0]", 10);
    assert_place(text, AT(1, 1, 1, 1, 1, 1, 0), "classes[1].steps[1].steps[1].fetch", 11);
}

// Brackets, braces, quotes, commas and line ends inside of strings are text.
static void test_escaped(void **state)
{
    static const char text[] = "{\"a\":\"]}\\\"[{,:\\\\\",\n"
                               "\"\\\"k\\\\\":[\"\\\\\\\"]\",\n"
                               "\"\\n\\u005d\",\n"
                               "{\"}\":\"\\\\\"},\n"
                               "7]}";

    (void)state;
    assert_place(text, AT(0), "a", 1);
    assert_place(text, AT(1), "\"k\\", 2);
    assert_place(text, AT(1, 0), "\"k\\[0]", 2);
    assert_place(text, AT(1, 1), "\"k\\[1]", 3);
    assert_place(text, AT(1, 2), "\"k\\[2]", 4);
    assert_place(text, AT(1, 2, 0), "\"k\\[2].}", 4);
    assert_place(text, AT(1, 3), "\"k\\[3]", 5);
}

static void test_unicode(void **state)
{
    static const char text[] = "\xef\xbb\xbf{\"\xc3\xa9t\xc3\xa9\":\"\xe6\x97\xa5\xe6\x9c\xac\xf0\x9f\x8e\x89\",\n"
                               "\"\\u00e9\\ud83c\\udf89\":[null,\n"
                               "true]}";

    (void)state;
    assert_place(text, AT(0), "\xc3\xa9t\xc3\xa9", 1);
    assert_place(text, AT(1), "\xc3\xa9\xf0\x9f\x8e\x89", 2);
    assert_place(text, AT(1, 1), "\xc3\xa9\xf0\x9f\x8e\x89[1]", 3);
}

static void test_scalars_and_empty_lists(void **state)
{
    static const char text[] = "\n[ [ ] ,{ }\t, -1.5e+3,\r\n  false , [[[]\n]], \"\" ,\n {\"\" : [ ]\n} ]";

    (void)state;
    assert_place(text, AT(0), "[0]", 2);
    assert_place(text, AT(2), "[2]", 2);
    assert_place(text, AT(3), "[3]", 3);
    assert_place(text, AT(4, 0, 0), "[4][0][0]", 3);
    assert_place(text, AT(5), "[5]", 4);
    assert_place(text, AT(6), "[6]", 5);
    assert_place(text, AT(6, 0), "[6].", 5);
}

// The same key twice: both are found, each in its place.
static void test_repeated_keys(void **state)
{
    static const char text[] = "{\"a\":1,\n\"a\":\n2,\n\"a\":3}";

    (void)state;
    assert_place(text, AT(0), "a", 1);
    assert_place(text, AT(1), "a", 2);
    assert_place(text, AT(2), "a", 4);
}

// Whatever the text is: of one that is not the tree's, the line of the last part that is there.
static void test_another_text(void **state)
{
    static const char *const texts[] = {"", "[", "{\n\"a\"", "[1,2", "\"", "{\"a\":[\n", "]]]", "[[[[[", "{\"a\\"};
    cJSON *json = cJSON_Parse("{\"a\":[1,{\"b\":[2]}]}");
    struct json_path path = {.length = 0};

    (void)state;
    enter(&path, json, AT(0, 1, 0, 0));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_in_range(json_path_line(&path, texts[i]), 1, 2);
    cJSON_Delete(json);
}

static void test_deep_paths_lose_their_middle(void **state)
{
    enum { DEPTH = 300 };
    char text[2 * DEPTH + 1], written[JSON_PATH_TEXT];
    struct json_path path = {.length = 0};
    const cJSON *at;
    cJSON *json;

    (void)state;
    memset(text, '[', DEPTH);
    memset(text + DEPTH, ']', DEPTH);
    text[sizeof text - 1] = '\0';
    json = cJSON_Parse(text);
    assert_non_null(json);
    for (at = json; at->child != NULL; at = at->child)
        json_path_enter(&path, at, at->child);
    json_path_write(&path, written);
    assert_in_range(strlen(written), 100, JSON_PATH_TEXT - 1);
    assert_non_null(strstr(written, "..."));
    assert_int_equal(json_path_line(&path, text), 1);
    while (path.length > 0)
        json_path_leave(&path);
    assert_string_equal(json_path_write(&path, written), "");
    cJSON_Delete(json);
}

static void test_places(void **state)
{
    unsigned line, column;

    (void)state;
    json_place("", 0, &line, &column);
    assert_int_equal(line, 1);
    assert_int_equal(column, 1);
    json_place("ab\n\xc3\xa9x", 5, &line, &column); // behind a character of two bytes
    assert_int_equal(line, 2);
    assert_int_equal(column, 2);
    json_place("a\n", 99, &line, &column); // beyond the end
    assert_int_equal(line, 2);
    assert_int_equal(column, 1);
}

static void test_clipping(void **state)
{
    (void)state;
    assert_int_equal(utf8_clip("abc", 3), 3);
    assert_int_equal(utf8_clip("abcd", 3), 3);
    assert_int_equal(utf8_clip("ab\xc3\xa9", 3), 2);
    assert_int_equal(utf8_clip("ab\xc3\xa9", 4), 4);
    assert_int_equal(utf8_clip("", 3), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_escaped),
        cmocka_unit_test(test_unicode),
        cmocka_unit_test(test_scalars_and_empty_lists),
        cmocka_unit_test(test_repeated_keys),
        cmocka_unit_test(test_another_text),
        cmocka_unit_test(test_deep_paths_lose_their_middle),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_clipping),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// Commands taken apart as a shell would; what would need one is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/words.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void test_split(void **state)
{
    static const struct {
        const char *text, *words[6];
    } cases[] = {
        {"./ccbench", {"./ccbench"}},
        {"  a\tb \n c ", {"a", "b", "c"}},
        {"env LD_LIBRARY_PATH=/x ccbench", {"env", "LD_LIBRARY_PATH=/x", "ccbench"}},
        {"'a b' \"c d\"e f\\ g", {"a b", "c de", "f g"}},
        {"a '' \"\"", {"a", "", ""}},
        {"'it'\\''s' \"say \\\"x\\\" \\n \\$\"", {"it's", "say \"x\" \\n $"}},
        {"'$HOME|&;<>()`' \\$ \\|", {"$HOME|&;<>()`", "$", "|"}},
        {"./srv {port} --at=127.0.0.1:{port}", {"./srv", "{port}", "--at=127.0.0.1:{port}"}},
        {"/opt/x=y/ccbench", {"/opt/x=y/ccbench"}},
        {"a\\", {"a\\"}},
    };
    char error[WORDS_ERROR];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char **words;
        size_t n = 0;

        assert_int_equal(words_split(cases[i].text, &words, error), 0);
        for (; words[n] != NULL; n++) {
            if (cases[i].words[n] == NULL)
                fail_msg("'%s' has too many words: '%s'", cases[i].text, words[n]);
            assert_string_equal(words[n], cases[i].words[n]);
        }
        assert_null(cases[i].words[n]);
        free(words);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "no command"},       {"  ", "no command"},   {"''", "no command"}, {"a 'b", "not closed"},
        {"a \"b", "not closed"},  {"cd x && y", "'&'"},   {"a | b", "'|'"},     {"a > b", "'>'"},
        {"$HOME/ccbench", "'$'"}, {"\"$HOME\"/x", "'$'"}, {"`pwd`/x", "'`'"},   {"X=1 ccbench", "env X=1"},
        {"(a)", "'('"},           {"a;b", "';'"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char error[WORDS_ERROR] = "";
        char **words = NULL;

        assert_int_equal(words_split(cases[i].text, &words, error), -EINVAL);
        assert_null(words);
        if (strstr(error, cases[i].says) == NULL)
            fail_msg("'%s': '%s', expected something about %s", cases[i].text, error, cases[i].says);
    }
}

static void test_replace(void **state)
{
    char first[] = "./srv", second[] = "{port}", third[] = "x{port}y{port}", fourth[] = "{por}";
    char *const words[] = {first, second, third, fourth, NULL};
    char **replaced = words_replace(words, "{port}", "8080");

    (void)state;
    assert_non_null(replaced);
    assert_string_equal(replaced[0], "./srv");
    assert_string_equal(replaced[1], "8080");
    assert_string_equal(replaced[2], "x8080y8080");
    assert_string_equal(replaced[3], "{por}");
    assert_null(replaced[4]);
    free(replaced);
}

// What is written is read back as it was.
static void test_write(void **state)
{
    static const char *const words[] = {"plain",   "",       "two words",     "it's", "$HOME",
                                        "a\"b\\c", "{port}", "env X=1 'y z'", "é"};

    (void)state;
    for (size_t i = 0; i < COUNT(words); i++) {
        char error[WORDS_ERROR], *text = NULL, *line = NULL;
        size_t length;
        FILE *out = open_memstream(&text, &length);
        char **back;

        words_write(out, words[i]);
        fclose(out);
        assert_true(asprintf(&line, "x %s", text) > 0);
        assert_int_equal(words_split(line, &back, error), 0);
        assert_string_equal(back[1], words[i]);
        assert_null(back[2]);
        free(back);
        free(line);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// A user's own workloads: what a file says, what is taken where it says nothing, and how what is wrong in it is told.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "measure/base/clock.h"
#include "measure/base/utf8.h"
#include "workloads/custom.h"
#include "workloads/program/json.h"
#include "workloads/program/json_file.h"
#include "workloads/program/words.h"

#define CORES 3

static char folder[] = "/tmp/ccbench-custom-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/shop.json", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void write_bytes(const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void read_good(const char *text, struct workload *workload)
{
    char error[WORKLOAD_ERROR] = "";

    write_bytes(text, strlen(text));
    if (workload_make(path, CORES, workload, error) != 0)
        fail_msg("%s: %s", text, error);
    assert_string_equal(workload->file, path);
    assert_ptr_equal(workload->kind, &custom_kind);
}

// `says` is the whole message behind the file's name.
static void assert_bytes_refused(const char *bytes, size_t length, const char *says)
{
    char error[WORKLOAD_ERROR] = "";
    struct workload workload = {.tasks = 4711};

    write_bytes(bytes, length);
    assert_int_equal(workload_make(path, CORES, &workload, error), -EINVAL);
    assert_int_equal(workload.tasks, 4711);
    if (strncmp(error, path, strlen(path)) != 0 || strncmp(error + strlen(path), says, strlen(says)) != 0)
        fail_msg("%s: '%s', expected %s%s", bytes, error, path, says);
    if (says[0] == ':' && strstr(error, "expected") == NULL)
        fail_msg("'%s' does not say what was expected", error);
    assert_null(strchr(error, '\n'));
}

static void assert_refused(const char *text, const char *says)
{
    assert_bytes_refused(text, strlen(text), says);
}

static void test_names(void **state)
{
    (void)state;
    assert_true(custom_named("page.json", 9));
    assert_true(custom_named("PAGE.JSON", 9));
    assert_true(custom_named("a/b:c.json", 10));
    assert_true(custom_named("2.json,fib", 6));
    assert_false(custom_named("2.json,fib", 10));
    assert_false(custom_named(".json", 5));
    assert_false(custom_named("page.jsonx", 10));
    assert_false(custom_named("fib:30", 6));
    assert_false(custom_named("", 0));
}

static void test_defaults(void **state)
{
    struct workload workload;

    (void)state;
    read_good("{\"steps\":[{\"sleep\":\"1ms\"}]}", &workload);
    assert_string_equal(workload.label, "shop");
    assert_string_equal(workload.describe, "sleeps 1 ms");
    assert_int_equal(workload.tasks, 64);
    assert_int_equal(workload.concurrency, 32);
    assert_true(workload.rate_per_s == 0);
    assert_int_equal(workload.mix.count, 1);
    assert_string_equal(workload.mix.classes[0].name, "shop");
    workload_release(&workload);
    // Where tasks do nothing but compute, as many as there are cores.
    read_good("{\"steps\":[{\"compute\":3},{\"repeat\":2,\"steps\":[{\"compute\":\"1ms\"}]}]}", &workload);
    assert_int_equal(workload.concurrency, CORES);
    workload_release(&workload);
    read_good("{\"steps\":[]}", &workload);
    assert_int_equal(workload.concurrency, 32);
    assert_string_equal(workload.describe, "does nothing");
    workload_release(&workload);
}

static void test_everything_given(void **state)
{
    struct workload workload;
    cJSON *json;
    char *classes;

    (void)state;
    read_good(
        "\xef\xbb\xbf{\"$schema\":\"x\",\"name\":\"caf\\u00e9\",\"concurrency\":7,\"rate\":\"30/m:constant\",\"duration\":\"1.5s\",\n"
        "\"classes\":[{\"name\":\"page\",\"weight\":9,\"steps\":[{\"fetch\":\"/delay/20ms/bytes/4k\"}]},\n"
        "{\"name\":\"bad\",\"expect\":\"failure\",\"steps\":[{\"fetch\":\"/reset\"}]},\n"
        "{\"name\":\"hog\",\"every\":\"2s\",\"steps\":[{\"compute\":30}]}]}",
        &workload);
    assert_string_equal(workload.label, "caf\xc3\xa9");
    assert_int_equal(workload.concurrency, 7);
    assert_true(workload.rate_per_s == 0.5);
    assert_true(workload.rate_constant);
    assert_true(workload.duration_ns == 1500 * NS_PER_MS);
    assert_string_equal(workload.describe, "is one of: page (90 %), bad (10 %), hog (every 2 s)");
    json = task_mix_to_json(&workload.mix);
    classes = cJSON_PrintUnformatted(json);
    assert_string_equal(classes,
                        "[{\"name\":\"page\",\"weight\":9,\"steps\":[{\"fetch\":\"/delay/20ms/bytes/4k\"}]},"
                        "{\"name\":\"bad\",\"weight\":1,\"expect\":\"failure\",\"steps\":[{\"fetch\":\"/reset\"}]},"
                        "{\"name\":\"hog\",\"weight\":1,\"every\":\"2s\",\"steps\":[{\"compute\":30}]}]");
    cJSON_free(classes);
    cJSON_Delete(json);
    workload_release(&workload);
    read_good("{\"tasks\":1000000,\"describe\":\"waits\",\"steps\":[{\"sleep\":\"1ms\"}]}", &workload);
    assert_int_equal(workload.tasks, 1000000);
    assert_string_equal(workload.describe, "waits");
    workload_release(&workload);
}

static void test_places(void **state)
{
    (void)state;
    assert_refused(
        "{\n\"name\": \"x\",\n\"classes\": [\n {\"name\": \"a\", \"steps\": []},\n {\"name\": \"b\",\n  \"steps\": [\n"
        "   {\"fetch\": \"x\"}]}]}",
        ":7: classes[1].steps[0].fetch: 'x' is not a path of the origin, expected one such as \"/delay/10ms/bytes/4k\"");
    assert_refused("{\"steps\":\n[{\"sleep\":\"1ms\"},\n{\"slip\":1}]}",
                   ":3: steps[1]: {\"slip\":1} is not a step, expected");
    assert_refused("{\"steps\":[],\n\n\"stepps\":[]}", ":3: stepps: unknown key, expected");
    assert_refused("{\"steps\":[],\n\"steps\":[]}", ":2: steps: a second such key, expected");
    assert_refused("{\"classes\":[{\"name\":\"a\",\"steps\":[]},\n{\"name\":\"a\",\"steps\":[]}]}",
                   ":2: classes[1].name: 'a' is not");
    assert_refused("{\"classes\":[{\"name\":\"a\",\"steps\":[],\n\"wieght\":2}]}",
                   ":2: classes[0].wieght: unknown key");
    assert_refused("{\"classes\":[{\"name\":\"a\",\"steps\":[],\n\"weight\":0}]}", ":2: classes[0].weight: 0 is not");
    assert_refused("{\"classes\":\n[]}", ":1: classes: [] is not a list of classes");
}

static void test_members(void **state)
{
    (void)state;
    assert_refused("{}", ":1: no steps, expected");
    assert_refused("{\"steps\":[],\"classes\":[]}", ":1: both classes and steps, expected");
    assert_refused("\n[]", ":2: [] is not a workload, expected");
    assert_refused("null", ":1: null is not a workload");
    assert_refused("{\"name\":\"\",\"steps\":[]}", ":1: name: '' is not a name");
    assert_refused("{\"name\":7,\"steps\":[]}", ":1: name: 7 is not a name");
    assert_refused("{\"name\":\"a\\tb\",\"steps\":[]}", ":1: name: 'a\tb' is not a name");
    assert_refused("{\"describe\":[],\"steps\":[]}", ":1: describe: [] is not a name");
    assert_refused("{\"tasks\":0,\"steps\":[]}",
                   ":1: tasks: 0 is not such a number, expected a whole number from 1 to 1000000");
    assert_refused("{\"tasks\":\"10\",\"steps\":[]}", ":1: tasks: '10' is not");
    assert_refused("{\"tasks\":1e999,\"steps\":[]}", ":1: tasks: infinity is not");
    assert_refused("{\"concurrency\":1000001,\"steps\":[]}", ":1: concurrency: 1000001 is not");
    assert_refused("{\"rate\":20,\"steps\":[]}", ":1: rate: 20 is not a rate");
    assert_refused("{\"rate\":\"0/s\",\"steps\":[]}", ":1: rate: '0/s' is not a rate");
    assert_refused("{\"rate\":\"5/s\",\"tasks\":3,\"steps\":[]}", ":1: tasks: 3 is not possible with a rate");
    assert_refused("{\"duration\":\"5s\",\"steps\":[]}", ":1: duration: '5s' is not possible here");
    assert_refused("{\"rate\":\"5/s\",\"duration\":\"0s\",\"steps\":[]}", ":1: duration: '0s' is not possible here");
    assert_refused("{\"rate\":\"5/s\",\"duration\":5,\"steps\":[]}", ":1: duration: 5 is not a duration");
}

static void test_syntax(void **state)
{
    (void)state;
    assert_refused("", ":1:1: the text ends too early");
    assert_refused("{\"steps\":[\n", ":2:1: the text ends too early");
    assert_refused("{\"steps\":[],\n  oops}", ":2:3: not JSON: 'oops}'");
    assert_refused("{\"steps\":[{\"sleep\":\"1ms\"},]}", ":1:26: JSON has no comma behind the last item, expected ]");
    assert_refused("{\"steps\":[],}", ":1:12: JSON has no comma behind the last member, expected }");
    assert_refused("{\n  \"tasks\": 10, // many\n  \"steps\":[]}",
                   ":2:16: JSON has no comments, expected none: '// many'");
    assert_refused("/* mine */ {\"steps\":[]}", ":1:1: JSON has no comments");
    assert_refused("{\"steps\":[]} # mine", ":1:14: JSON has no comments");
    assert_refused("{\"tasks\": 010,\"steps\":[]}", ":1:11: JSON has no numbers that begin with 0, expected 10");
    assert_refused("{\"tasks\": -007,\"steps\":[]}", ":1:11: JSON has no numbers that begin with 0, expected 7");
    assert_refused("{\"tasks\": 00,\"steps\":[]}", ":1:11: JSON has no numbers that begin with 0, expected 0");
    assert_refused("{\"tasks\": 0x10,\"steps\":[]}", ":1:11: not JSON: '0x10");
    assert_refused("{\"tasks\": .5,\"steps\":[]}", ":1:11: not JSON: '.5");
    assert_refused("{\"tasks\": 5.,\"steps\":[]}", ":1:11: not JSON: '5.");
    assert_refused("{\"tasks\": +5,\"steps\":[]}", ":1:11: not JSON: '+5");
    assert_refused("{\"tasks\": 1e,\"steps\":[]}", ":1:11: not JSON: '1e");
    assert_refused("{\"tasks\": -,\"steps\":[]}", ":1:11: not JSON: '-");
    assert_refused("{\"tasks\": 1,024,\"steps\":[]}", ":1:13: not JSON: '024");
    assert_refused("{\"tasks\": -Infinity}", ":1:11: not JSON: '-Infinity");
    assert_refused("{\"steps\":True}", ":1:10: not JSON: 'True}', expected");
    assert_refused("{'steps':[]}", ":1:2: not JSON: 'steps':[]}, expected text in double quotes");
    assert_refused("{steps:[]}", ":1:2: not JSON: 'steps:[]}', expected a key in double quotes");
    assert_refused("{\"name\" \"x\"}", ":1:9: not JSON: '\"x\"}', expected a colon");
    assert_refused("{\"tasks\":1 \"steps\":[]}", ":1:12: not JSON: '\"steps\":[]}', expected a comma or }");
    assert_refused("{\"name\":\"a\tb\"}", ":1:11: a tab in text, expected \\t");
    assert_refused("{\"name\":\"a\nb\"}", ":1:11: a line break in text, expected its closing");
    assert_refused("{\"name\":\"a\x01\"}", ":1:11: a control character in text");
    assert_refused("{\"name\":\"\\x41\"}", ":1:10: not JSON: '\\x', expected an escape");
    assert_refused("{\"name\":\"abc", ":1:13: the text ends too early");
    assert_refused("\xef\xbb\xbf{\"tasks\":010}", ":1:10: JSON has no numbers that begin with 0");
    assert_refused("[,]", ":1:2: not JSON: ',]', expected a value");
    assert_refused("{\"steps\":[]}\n{}", ":2:1: not JSON: '{}'");
    assert_refused("{\"tasks\":NaN,\"steps\":[]}", ":1:10: not JSON: 'NaN");
    assert_refused("{\"name\":\"\\ud800\",\"steps\":[]}", ":1:"); // half of a surrogate pair
    assert_refused("{\"name\":\"caf\xc3\xa9\xff\",\"steps\":[]}", ":1:14: not UTF-8");
    assert_refused("{\"name\":\n\"a\\u0000b\",\"steps\":[]}", ":2:3: a zero character");
    assert_bytes_refused("{\"steps\":[]}\0", 13, ":1:13: a zero byte");
    assert_bytes_refused("{\"na\0me\":1}", 11, ":1:5: a zero byte");
}

static void test_nesting(void **state)
{
    static char text[40000];
    size_t length = 0;

    (void)state;
    for (int i = 0; i < 65; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s\"steps\":[",
                                   i == 0 ? "{" : "{\"repeat\":2,\n");
    for (int i = 0; i < 65; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "]}");
    assert_refused(text, ":64: steps[0].steps[0]"); // the 64th call, in the 64th list
    memset(text, '[', sizeof text - 1);
    assert_refused(text, ":1:");
}

static void test_files(void **state)
{
    char error[WORKLOAD_ERROR] = "", name[300];
    struct workload workload;
    char *text = malloc(JSON_FILE_BYTES + 1);

    (void)state;
    assert_non_null(text);
    memset(text, ' ', JSON_FILE_BYTES + 1);
    memcpy(text, "{\"steps\":[]}", 12);
    assert_bytes_refused(text, JSON_FILE_BYTES + 1, ": larger than 1 MiB");
    text[JSON_FILE_BYTES] = '\0';
    read_good(text, &workload);
    workload_release(&workload);
    free(text);
    assert_int_equal(workload_make("/nowhere/x.json", CORES, &workload, error), -EINVAL);
    assert_string_equal(error, "/nowhere/x.json: No such file or directory");
    // However long what is typed.
    memset(name, 'x', sizeof name);
    snprintf(name + 290, 10, ".json");
    assert_int_equal(workload_make(name, CORES, &workload, error), -EINVAL);
    assert_non_null(strstr(error, "too long"));
}

static void test_utf8(void **state)
{
    static const struct {
        const char *text;
        size_t valid;
    } cases[] = {
        {"", 0},
        {"abc", 3},
        {"\xc3\xa9\xe6\x97\xa5\xf0\x9f\x8e\x89", 9},
        {"a\x80", 1}, // a second byte first
        {"a\xc3", 1}, // too short
        {"\xe6\x97", 0},
        {"\xf0\x9f\x8e", 0},
        {"\xc0\xaf", 0}, // longer than need be
        {"\xe0\x9f\xbf", 0},
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xed\xa0\x80", 0},             // a surrogate
        {"\xed\x9f\xbf\xee\x80\x80", 6}, // the characters on either side of those
        {"\xf4\x8f\xbf\xbf", 4},         // the last there is
        {"\xf4\x90\x80\x80", 0},
        {"\xff", 0},
        {"\xc3(", 0},
        {"\xe6\x97(", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t valid = utf8_valid(cases[i].text, strlen(cases[i].text));

        if (valid != cases[i].valid)
            fail_msg("case %zu: %zu valid bytes instead of %zu", i, valid, cases[i].valid);
    }
}

static void test_words(void **state)
{
    static const struct {
        const char *steps, *words;
    } cases[] = {
        {"", "does nothing"},
        {"{\"sleep\":\"1.5ms\"},{\"block\":\"2s\"}", "sleeps 1.5 ms, blocks for 2 s"},
        {"{\"compute\":27},{\"compute\":2,\"times\":1000},{\"compute\":\"2ms\",\"nogil\":true}",
         "computes fib(27), computes fib(2) 1000 times, computes for 2 ms without the interpreter's lock"},
        {"{\"yield\":1},{\"yield\":3}", "yields, yields 3 times"},
        {"{\"read\":\"64k\"},{\"read\":\"8k\",\"direct\":true}", "reads 64 KiB of a file, reads 8 KiB from the device"},
        {"{\"copy\":\"8k\"}", "copies 8 KiB of memory"},
        {"{\"take\":\"1k\"},{\"reply\":\"0\"}", "is handed 1 KiB, hands back 0 B"},
        {"{\"lock\":true},{\"load\":true},{\"store\":true},{\"unlock\":true},{\"add\":4}",
         "takes the lock, reads the shared counter, writes the shared counter, gives up the lock, adds 4 to the shared counter"},
        {"{\"lock_file\":true},{\"load_file\":true},{\"store_file\":true},{\"unlock_file\":true}",
         "locks the shared file, reads the number in the shared file, writes the number in the shared file, unlocks the shared file"},
        {"{\"repeat\":3,\"steps\":[{\"fetch\":\"/\"},{\"repeat\":2,\"steps\":[]}]}",
         "3 times (fetches /, 2 times (does nothing))"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct workload workload;
        char text[512], words[512];

        snprintf(text, sizeof text, "{\"steps\":[%s]}", cases[i].steps);
        read_good(text, &workload);
        assert_string_equal(program_words(&workload.mix.classes[0].program, words, sizeof words), cases[i].words);
        program_words(&workload.mix.classes[0].program, words, 10);
        assert_int_equal(strlen(words), 9);
        assert_string_equal(words + 6, "...");
        workload_release(&workload);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),   cmocka_unit_test(test_defaults), cmocka_unit_test(test_everything_given),
        cmocka_unit_test(test_places),  cmocka_unit_test(test_members),  cmocka_unit_test(test_syntax),
        cmocka_unit_test(test_nesting), cmocka_unit_test(test_files),    cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

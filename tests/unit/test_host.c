// SPDX-License-Identifier: MIT
// What comes from a host: read in turn with the others', and found among what its login writes.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "cmd/hosts/host.h"
#include "cmd/hosts/sift.h"

#define ESCAPE "\033]0;a\007"

static void tell_nobody(const struct host *host, const char *line, void *data)
{
    (void)host;
    (void)line;
    (void)data;
}

// One whose output never ends is left for the others after a while.
static void test_endless(void **state)
{
    struct host host = {.name = "a", .launched = {.in_fd = -1, .out_fd = -1}, .state = HOST_RUNNING};

    (void)state;
    host.launched.err_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    assert_true(host.launched.err_fd >= 0);
    host_hear(&host, tell_nobody, NULL);
    assert_true(host.heard_ns > 0);
    assert_int_equal(host.state, HOST_RUNNING);
    host_release(&host);
}

static void check_greeting(const char *line, double protocol)
{
    cJSON *greeting = sift_greeting(line, strlen(line));

    assert_int_equal(greeting != NULL, protocol > 0);
    if (greeting != NULL)
        assert_true(cJSON_GetObjectItem(greeting, "lifeline")->valuedouble == protocol);
    cJSON_Delete(greeting);
}

static void test_greetings(void **state)
{
    (void)state;
    check_greeting("{\"lifeline\":1}\n", 1);
    check_greeting(ESCAPE "{\"lifeline\":2}\r\n", 2);
    check_greeting("Welcome {\"lifeline\": {\"lifeline\":3}\n", 3);
    check_greeting("{\"lifeline\":\n", 0);
    check_greeting("{\"other\":1}\n", 0);
    check_greeting("\n", 0);
    check_greeting("", 0);
}

static void check_report(const char *text, const char *expected)
{
    size_t length = strlen(text);

    sift_report(&text, &length);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(text, expected, length);
}

static void test_reports(void **state)
{
    static const char report[] = "{\n\t\"schema\":\t\"x\", \"a\": {\"}\\\"}\": [\"{\"]}}";
    char text[256];

    (void)state;
    check_report(report, report);
    strcat(strcpy(text, "connected {\n" ESCAPE), report);
    check_report(text, report);
    check_report(strcat(text, "\nbye {you}\n"), report);
    check_report("x {\"schema\": {", "{\"schema\": {"); // what there is of it
    check_report("{\"schem", "{\"schem");
    check_report("nothing\n", "nothing\n");
    check_report("", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endless),
        cmocka_unit_test(test_greetings),
        cmocka_unit_test(test_reports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

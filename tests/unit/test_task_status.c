// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "measure/base/task_status.h"

static void check(unsigned status, const char *expected)
{
    char buf[128];

    assert_ptr_equal(task_status_describe((uint16_t)status, buf, sizeof(buf)), buf);
    assert_string_equal(buf, expected);
}

static void test_describe(void **state)
{
    (void)state;
    check(TASK_STATUS_OK, "ok");
    check(503, "HTTP 503");
    check(task_status_from_errno(ECONNREFUSED), strerror(ECONNREFUSED));
    check(task_status_from_errno(ETIMEDOUT), "timed out");
    check(TASK_STATUS_BODY, "unexpected body");
    check(65535, "status 65535");
}

// CURLE_COULDNT_CONNECT is 7 and CURLE_OPERATION_TIMEDOUT 28, by curl's promise for ever.
static void test_curl(void **state)
{
    char buf[128];

    (void)state;
    assert_true(strlen(task_status_describe(TASK_STATUS_CURL + 7, buf, sizeof(buf))) > 0);
#ifdef CCBENCH_HAVE_CURL
    check(TASK_STATUS_CURL + 28, "timed out");
    assert_null(strstr(buf, "7"));
#else
    assert_string_equal(buf, "curl error 7");
#endif
}

static void test_truncated(void **state)
{
    char buf[6] = "xxxxx";

    (void)state;
    task_status_describe(503, buf, 5);
    assert_string_equal(buf, "HTTP");
    assert_int_equal(buf[5], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_describe),
        cmocka_unit_test(test_curl),
        cmocka_unit_test(test_truncated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// What is secret in what was typed and printed, and what is not; and the parts of URLs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#include "measure/base/secrets.h"
#include "measure/base/url.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void test_mask(void **state)
{
    static const struct {
        const char *text, *masked;
    } cases[] = {
        {"", ""},
        {"http://localhost:8000/a@b", "http://localhost:8000/a@b"},
        {"http://me@localhost/", "http://***@localhost/"},
        {"HTTPS://me:p@ss@[::1]:{port}/x", "HTTPS://***@[::1]:{port}/x"},
        {"see http://a:b@c and postgres://d:e@f/g", "see http://***@c and postgres://***@f/g"},
        {"http://h/?page=1&api_key=abc&b=c#d", "http://h/?page=1&api_key=***&b=c#d"},
        {"http://h/?access_token=abc", "http://h/?access_token=***"},
        {"./srv {port} --token abc --n 3", "./srv {port} --token *** --n 3"},
        {"./srv --token=abc {port}", "./srv --token=*** {port}"},
        {"./srv --password 'a b' {port}", "./srv --password '***' {port}"},
        {"./srv --password=\"a b\" {port}", "./srv --password=\"***\" {port}"},
        {"env API_KEY=abc SECRET=d ./srv", "env API_KEY=*** SECRET=*** ./srv"},
        {"./srv --token --verbose", "./srv --token --verbose"},
        {"Authorization: Bearer abc", "Authorization: ***"},
        {"got authorization: Basic abc\nnext", "got authorization: ***\nnext"},
        {"curl -H 'X-Auth-Token: abc' x", "curl -H 'X-Auth-Token: ***' x"},
        {"Set-Cookie: a=b; c", "Set-Cookie: ***"},
        {"Bearer abc", "Bearer ***"},
        {"KeyError: 'name'", "KeyError: 'name'"},
        {"FATAL: connection pool is empty", "FATAL: connection pool is empty"},
        {"--workload=fib:30", "--workload=fib:30"},
        {"a=1 key=", "a=1 key="},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char *masked = secrets_mask(cases[i].text);

        assert_string_equal(masked, cases[i].masked);
        free(masked);
    }
}

static void test_header(void **state)
{
    static const struct {
        const char *header, *masked;
    } cases[] = {
        {"Accept: text/html", "Accept: text/html"},
        {"Authorization: Bearer abc", "Authorization: ***"},
        {"proxy-AUTHORIZATION:abc", "proxy-AUTHORIZATION: ***"},
        {"cookie: a", "cookie: ***"},
        {"X-API-Key: a", "X-API-Key: ***"},
        {"MyToken: a", "MyToken: ***"},
        {"X-None;", "X-None;"},
        {"@file", "@file"},
        {"no header", "***"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char *masked = secrets_mask_header(cases[i].header);

        assert_string_equal(masked, cases[i].masked);
        free(masked);
    }
}

static void test_url(void **state)
{
    static const struct {
        const char *text, *host;
        unsigned port;
        bool tls;
    } cases[] = {
        {"http://localhost", "localhost", 80, false},
        {"HTTPS://Example.org/x", "Example.org", 443, true},
        {"http://u:p@w@127.0.0.1:8080?q=@1", "127.0.0.1", 8080, false},
        {"Http://[::1]:80/", "::1", 80, false},
        {"http://[fe80::1%25lo]/", "fe80::1%25lo", 80, false},
        {"http://host:/", "host", 80, false},
    };
    static const char *const wrong[] = {"",
                                        "http://",
                                        "ftp://x/",
                                        "http:///x",
                                        "http://:80/",
                                        "http://a:0/",
                                        "http://a:65536/",
                                        "http://a:b/",
                                        "http://[::1/",
                                        "http://a b/",
                                        "http://[::1]x/",
                                        "localhost:80"};
    char error[URL_ERROR];
    struct url url;

    for (size_t i = 0; i < COUNT(cases); i++) {
        char *other;

        assert_int_equal(url_split(cases[i].text, &url, error), 0);
        assert_string_equal(url.host, cases[i].host);
        assert_int_equal(url.port, cases[i].port);
        assert_int_equal(url.tls, cases[i].tls);
        other = url_with_path(cases[i].text, &url, "/ready");
        assert_non_null(other);
        free(other);
    }
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(url_split(wrong[i], &url, error), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mask),
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_url),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

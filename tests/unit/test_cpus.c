// SPDX-License-Identifier: MIT
// Sets of CPUs, on a machine that has more of them than a cpu_set_t.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "measure/base/cpus.h"

// The kernel's own mask is of so many bytes: 4096 CPUs.
#define KERNEL_BYTES 512

static struct cpus used; // by the last call of cpus_use()
static bool tells;

// As the kernel's: nothing is answered into less than its mask.
int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *ret_set)
{
    if (!tells || size < KERNEL_BYTES) {
        errno = EINVAL;
        return -1;
    }
    memset(ret_set, 0, size);
    CPU_SET_S(7, size, ret_set);
    CPU_SET_S(1024, size, ret_set);
    CPU_SET_S(4000, size, ret_set);
    return 0;
}

int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
    if (CPU_COUNT_S(size, set) == 0) {
        errno = EINVAL;
        return -1;
    }
    memcpy(&used, set, size < sizeof used ? size : sizeof used);
    return 0;
}

static void test_many(void **state)
{
    struct cpus cpus, others = {0};
    char buf[64];

    (void)state;
    tells = true;
    memset(&cpus, 0xff, sizeof cpus);
    cpus_allowed(&cpus);
    assert_string_equal(cpus_write(&cpus, buf, sizeof buf), "7,1024,4000");
    assert_int_equal(cpus_count(&cpus), 3);
    assert_int_equal(cpus_first(&cpus), 7);
    assert_int_equal(cpus_last(&cpus), 4000);
    assert_int_equal(cpus_use(&cpus), 0);
    assert_true(cpus_equal(&used, &cpus));
    assert_int_equal(cpus_use(&others), -EINVAL);
    cpus_add(&others, 4000);
    cpus_add(&others, 5000);
    cpus_add(&others, CPUS_MOST);
    cpus_drop(&cpus, &others);
    assert_string_equal(cpus_write(&cpus, buf, sizeof buf), "7,1024");
    cpus_join(&cpus, &others);
    assert_string_equal(cpus_write(&cpus, buf, sizeof buf), "7,1024,4000,5000");
    cpus_keep(&cpus, &others);
    assert_string_equal(cpus_write(&cpus, buf, sizeof buf), "4000,5000");
    assert_false(cpus_have(&cpus, CPUS_MOST));
}

// Where the kernel does not tell: those online, and nothing that happened to be in memory.
static void test_not_told(void **state)
{
    struct cpus cpus;
    char buf[64];

    (void)state;
    tells = false;
    memset(&cpus, 0xff, sizeof cpus);
    cpus_allowed(&cpus);
    assert_true(cpus_count(&cpus) >= 1 && cpus_count(&cpus) < 4096);
    assert_int_equal(cpus_first(&cpus), 0);
    assert_int_equal(cpus_last(&cpus), cpus_count(&cpus) - 1);
    assert_non_null(cpus_write(&cpus, buf, sizeof buf));
}

static void test_parse_cpus(void **state)
{
    static const char *const bad[] = {"",     "\n",    "a",     "-1",      "1-",
                                      "3-1",  "1,,2",  ",1",    "1,",      "1 2",
                                      "0-1x", "0-3:2", "16384", "0-16384", "99999999999999999999",
                                      "0\n\n"};
    struct cpus set, untouched;

    (void)state;
    assert_int_equal(cpus_parse("0-3,8\n", &set), 0);
    assert_int_equal(cpus_count(&set), 5);
    assert_true(cpus_have(&set, 0) && cpus_have(&set, 3) && !cpus_have(&set, 4) && cpus_have(&set, 8));
    assert_int_equal(cpus_parse("16383,5-5,5", &set), 0);
    assert_int_equal(cpus_count(&set), 2);
    assert_true(cpus_have(&set, 16383) && cpus_have(&set, 5));
    untouched = set;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (cpus_parse(bad[i], &set) != -EINVAL)
            fail_msg("'%s' was taken for a list of CPUs", bad[i]);
        assert_true(cpus_equal(&set, &untouched));
    }
}

static void test_write_cpus(void **state)
{
    static const char *const lists[] = {"0", "0-1", "0-3,8", "1,3,5-1023", "1023-1024,4096", "16383"};
    char buf[64];
    struct cpus set;

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        assert_int_equal(cpus_parse(lists[i], &set), 0);
        assert_ptr_equal(cpus_write(&set, buf, sizeof buf), buf);
        assert_string_equal(buf, lists[i]);
    }
    assert_int_equal(cpus_parse("0-3,8,10-12", &set), 0);
    assert_string_equal(cpus_write(&set, buf, 11), "0-3,8");
    assert_string_equal(cpus_write(&set, buf, 12), "0-3,8,10-12");
    set = (struct cpus){0};
    assert_string_equal(cpus_write(&set, buf, sizeof buf), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_not_told),
        cmocka_unit_test(test_parse_cpus),
        cmocka_unit_test(test_write_cpus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

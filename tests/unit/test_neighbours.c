// SPDX-License-Identifier: MIT
// Who takes CPU time, of a tree of files and of this machine.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "measure/machine/neighbours.h"
#include "tests/unit/tree.h"

static char root[TREE_ROOT];

static int open_tree(void **state)
{
    (void)state;
    tree_open(root);
    return 0;
}

static int close_tree(void **state)
{
    (void)state;
    tree_close(root);
    return 0;
}

static void write_process(int pid, const char *name, unsigned long long user, unsigned long long system,
                          unsigned long long began)
{
    char path[64], text[256];

    snprintf(path, sizeof(path), "proc/%d/stat", pid);
    snprintf(text, sizeof(text), "%d (%s) S 1 1 1 0 -1 4194560 7 0 0 0 %llu %llu 99 99 20 0 1 0 %llu 1 1\n", pid, name,
             user, system, began);
    tree_write(root, path, text);
    snprintf(path, sizeof(path), "proc/%d/comm", pid);
    snprintf(text, sizeof(text), "%s\n", name);
    tree_write(root, path, text);
}

static const cJSON *at(const cJSON *array, int index, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(array, index), name);
}

static void test_tree(void **state)
{
    unsigned long long hz = (unsigned long long)sysconf(_SC_CLK_TCK);
    struct neighbours before, now;
    cJSON *found;

    (void)state;
    write_process(10, "idle", 5, 5, 100);
    write_process(11, "a (b) c", 5 * hz, hz, 100);
    write_process(12, "gone", 900 * hz, 0, 100);
    write_process(9, "other", hz, 0, 100);
    tree_write(root, "proc/uptime", "1\n");
    tree_write(root, "proc/13/stat", "rubbish\n");
    assert_int_equal(neighbours_read(root, &before), 0);
    assert_int_equal(before.count, 4);
    assert_int_equal(before.list[0].pid, 9);
    write_process(11, "a (b) c", 6 * hz, hz + hz / 2, 100);
    write_process(12, "another", hz, 0, 200);        // the same pid, a later process
    write_process(9, "other", hz + hz / 25, 0, 100); // 2 %
    assert_int_equal(neighbours_read(root, &now), 0);
    now.now_ns = before.now_ns + UINT64_C(2000000000);
    found = neighbours_since(root, &before, &now);
    assert_int_equal(cJSON_GetArraySize(found), 2);
    assert_string_equal(at(found, 0, "name")->valuestring, "a (b) c");
    assert_true(at(found, 0, "cores")->valuedouble == 0.75);
    assert_int_equal(at(found, 1, "pid")->valueint, 12);
    assert_true(at(found, 1, "cores")->valuedouble == 0.5);
    cJSON_Delete(found);
    neighbours_release(&before);
    neighbours_release(&now);
}

static void test_at_most_eight(void **state)
{
    unsigned long long hz = (unsigned long long)sysconf(_SC_CLK_TCK);
    struct neighbours before = {0}, now;
    cJSON *found;

    (void)state;
    for (int pid = 1; pid <= 30; pid++)
        write_process(pid, "x", hz * (unsigned long long)pid, 0, 1);
    assert_int_equal(neighbours_read(root, &now), 0);
    now.now_ns = UINT64_C(1000000000);
    found = neighbours_since(root, &before, &now);
    assert_int_equal(cJSON_GetArraySize(found), 8);
    assert_int_equal(at(found, 0, "pid")->valueint, 30);
    cJSON_Delete(found);
    neighbours_release(&now);
}

static void test_nothing(void **state)
{
    struct neighbours none;

    (void)state;
    assert_true(neighbours_read(root, &none) < 0);
    neighbours_release(&none);
}

// A child that computes is found, however little of the CPU a busy machine gives it: until it has used some.
static void test_this_machine(void **state)
{
    struct neighbours before, now;
    pid_t child = fork();
    uint64_t used = 0;

    (void)state;
    if (child == 0) {
        for (volatile unsigned i = 0;; i++)
            ;
    }
    assert_true(child > 0);
    assert_int_equal(neighbours_read("", &before), 0);
    while (used < 10) {
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
        assert_int_equal(neighbours_read("", &now), 0);
        for (size_t i = 0; i < now.count; i++)
            used = now.list[i].pid == child ? now.list[i].ticks : used;
        neighbours_release(&now);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    neighbours_release(&before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tree, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_at_most_eight, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_nothing, open_tree, close_tree),
        cmocka_unit_test(test_this_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

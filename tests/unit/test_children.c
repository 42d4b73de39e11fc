// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/base/procfs.h"
#include "measure/supervisor.h"

#define MANY 300

// The linker's names, see --wrap.
int __real_access(const char *path, int mode); // NOLINT(bugprone-reserved-identifier)
int __wrap_access(const char *path, int mode); // NOLINT(bugprone-reserved-identifier)

// As on a kernel without CONFIG_PROC_CHILDREN.
static bool unlisted;

int __wrap_access(const char *path, int mode)
{
    if (unlisted && strstr(path, "children") != NULL) {
        errno = ENOENT;
        return -1;
    }
    return __real_access(path, mode);
}

static int listed(void **state)
{
    unlisted = false;
    return 0;
}

static int not_listed(void **state)
{
    unlisted = true;
    return 0;
}

static pid_t fork_waiting(void)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    return pid;
}

// Of a child that does not wait for it, and ends.
static void fork_orphan(void)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, 0);
            setsid();
            for (;;)
                pause();
        }
        _exit(EXIT_SUCCESS);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

struct found {
    pid_t pids[MANY];
    unsigned n;
};

static int note(int pid, void *data)
{
    struct found *found = data;

    assert_true(found->n < MANY);
    found->pids[found->n++] = pid;
    return 0;
}

static void test_are_found(void **state)
{
    pid_t first = fork_waiting(), second = fork_waiting();
    struct found found = {.n = 0};

    assert_int_equal(procfs_children(getpid(), note, &found), 0);
    assert_int_equal(found.n, 2);
    assert_true((found.pids[0] == first && found.pids[1] == second) ||
                (found.pids[0] == second && found.pids[1] == first));
    supervisor_clean();
}

static void test_all_end_but_one(void **state)
{
    pid_t spared = fork_waiting();

    fork_waiting();
    fork_orphan();
    supervisor_spare(spared);
    supervisor_clean();
    assert_int_equal(kill(spared, 0), 0);
    supervisor_spare(0);
    supervisor_clean();
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static uint64_t bytes_read(void)
{
    char *io = procfs_text("/proc/self/io");
    uint64_t bytes = 0;

    procfs_value_number(io, "rchar", &bytes);
    free(io);
    return bytes;
}

// Each is read of a few times, not once for each that ends before it.
static void test_many_are_looked_at_once(void **state)
{
    uint64_t before;

    for (int i = 0; i < MANY; i++)
        fork_waiting();
    before = bytes_read();
    supervisor_clean();
    assert_in_range(bytes_read() - before, 0, MANY * 100);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_are_found, listed),
        cmocka_unit_test_setup(test_are_found, not_listed),
        cmocka_unit_test_setup(test_all_end_but_one, listed),
        cmocka_unit_test_setup(test_all_end_but_one, not_listed),
        cmocka_unit_test_setup(test_many_are_looked_at_once, listed),
    };

    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/trace/switches.h"

#define NOBODY 65534
#define NAPS 30
// Those that nap are three; a sanitizer has threads of its own beside them.
#define THREADS 16

static struct switches switches;

static int end(void **state)
{
    switches_release(&switches);
    return 0;
}

// A process that naps, once it has read a byte, in as many threads and children as that says.
struct napper {
    pid_t pid;
    int go;
};

static void *nap(void *data)
{
    for (int i = 0; i < NAPS; i++)
        clock_sleep_until_ns(clock_now_ns() + 200000);
    return NULL;
}

static void nap_together(void)
{
    pthread_t thread;
    pid_t child = fork();

    if (child == 0) {
        nap(NULL);
        _exit(0);
    }
    if (pthread_create(&thread, NULL, nap, NULL) != 0)
        _exit(1);
    nap(NULL);
    pthread_join(thread, NULL);
    waitpid(child, NULL, 0);
}

static struct napper start(void)
{
    struct napper napper;
    int ends[2];
    char byte;

    assert_int_equal(pipe(ends), 0);
    napper.pid = fork();
    assert_true(napper.pid >= 0);
    if (napper.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[1]);
        if (read(ends[0], &byte, 1) == 1)
            nap_together();
        _exit(0);
    }
    close(ends[0]);
    napper.go = ends[1];
    return napper;
}

static void let_go(struct napper *napper)
{
    assert_int_equal(write(napper->go, "x", 1), 1);
    close(napper->go);
    assert_int_equal(waitpid(napper->pid, NULL, 0), napper->pid);
}

static void test_threads_and_children(void **state)
{
    struct napper napper = start();
    uint64_t begin_ns = clock_now_ns(), last_ns = 0;
    struct trace_switch *sorted;
    uint32_t threads[THREADS] = {(uint32_t)napper.pid};
    size_t ins[THREADS] = {0}, known = 1, napping = 0;

    switches_open(&switches, napper.pid, NULL);
    let_go(&napper);
    switches_end(&switches);
    if (switches.why != NULL) {
        print_message("skipped: %s\n", switches.why);
        skip();
    }
    sorted = switches_sorted(&switches);
    assert_non_null(sorted);
    for (size_t i = 0; i < switches.count; i++) {
        size_t t = 0;

        while (t < known && threads[t] != sorted[i].thread)
            t++;
        assert_true(t < THREADS);
        known += t == known;
        threads[t] = sorted[i].thread;
        ins[t] += sorted[i].in;
        assert_true(sorted[i].at_ns >= begin_ns && sorted[i].at_ns >= last_ns && sorted[i].at_ns <= clock_now_ns());
        assert_false(sorted[i].in && sorted[i].preempted);
        last_ns = sorted[i].at_ns;
    }
    free(sorted);
    // Each nap ends with coming onto a core.
    for (size_t t = 0; t < known; t++)
        napping += ins[t] >= NAPS;
    assert_true(switches.lost > 0 || napping >= 3);
}

static void test_gone(void **state)
{
    struct napper napper = start();

    let_go(&napper);
    switches_open(&switches, napper.pid, NULL);
    assert_non_null(switches.why);
    switches_take(&switches);
    switches_end(&switches);
    assert_null(switches_sorted(&switches));
    assert_int_equal(switches.count, 0);
}

// Runs it in a process of its own, since there is no way back; 77: it could not be set up.
static void apart(int (*run)(void))
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(run());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

// With this error from now on, the kernel has no perf_event_open().
static bool forbid(int err)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)err),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int refused(int err, const char *why)
{
    if (!forbid(err))
        return 77;
    switches_open(&switches, getpid(), NULL);
    switches_take(&switches);
    switches_end(&switches);
    if (switches.why == NULL || strcmp(switches.why, why) != 0) {
        fprintf(stderr, "expected '%s', got '%s'\n", why, switches.why != NULL ? switches.why : "nothing");
        return 1;
    }
    return 0;
}

static int run_without_call(void)
{
    return refused(ENOSYS, "this kernel has no perf_event_open");
}

static int run_without_descriptors(void)
{
    return refused(EMFILE, "there are no descriptors left for it");
}

static int run_of_old_kernel(void)
{
    return refused(EINVAL, "this kernel does not tell them by perf_event_open");
}

static int run_not_permitted(void)
{
    char text[16] = "";
    FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "r");

    if (file != NULL) {
        (void)!fgets(text, sizeof text, file);
        fclose(file);
    }
    return refused(EACCES, strtol(text, NULL, 10) > 2 ? "perf_event_paranoid is above 2"
                                                      : "the kernel does not permit it (perf_event_open)");
}

static void test_refused(void **state)
{
    apart(run_without_call);
    apart(run_without_descriptors);
    apart(run_of_old_kernel);
    apart(run_not_permitted);
}

// Without privileges, and where nothing may be locked: smaller rings, or a reason.
static int run_as_nobody(void)
{
    struct rlimit none = {0, 0};
    struct napper napper;

    if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
        return 77;
    prctl(PR_SET_DUMPABLE, 1);
    napper = start();
    switches_open(&switches, napper.pid, NULL);
    let_go(&napper);
    switches_end(&switches);
    if (switches.why != NULL)
        return strstr(switches.why, "perm") != NULL || strstr(switches.why, "paranoid") != NULL ||
                       strstr(switches.why, "locked") != NULL
                   ? 0
                   : 1;
    return switches.count > 0 && switches.ring_bytes < (size_t)8 << 20 ? 0 : 2;
}

static void test_nobody(void **state)
{
    apart(run_as_nobody);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_threads_and_children, end),
        cmocka_unit_test_teardown(test_gone, end),
        cmocka_unit_test_teardown(test_refused, end),
        cmocka_unit_test_teardown(test_nobody, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

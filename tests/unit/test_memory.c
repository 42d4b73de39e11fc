// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "measure/machine/memory.h"
#include "tests/unit/tree.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)

// What a thread sanitizer's runtime starts in each process for itself.
#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define OWN_THREADS 1
#endif
#endif
#ifndef OWN_THREADS
#define OWN_THREADS 0
#endif

static int open_tree(void **state)
{
    char *root = malloc(TREE_ROOT);

    assert_non_null(root);
    tree_open(root);
    *state = root;
    return 0;
}

static int close_tree(void **state)
{
    tree_close(*state);
    free(*state);
    return 0;
}

static void write_status(const char *root, int pid, int parent, int threads, int page_tables_kib)
{
    char path[64], text[256];

    snprintf(path, sizeof(path), "%d/status", pid);
    snprintf(text, sizeof(text), "Name:\tx PPid: 9\nPid:\t%d\nPPid:\t%d\nVmPTE:\t%8d kB\nThreads:\t%d\n", pid, parent,
             page_tables_kib, threads);
    tree_write(root, path, text);
}

static void write_rollup(const char *root, int pid, int anon_kib, int file_kib, int shmem_kib, int swap_kib)
{
    char path[64], text[512];

    snprintf(path, sizeof(path), "%d/smaps_rollup", pid);
    snprintf(text, sizeof(text),
             "556bd8675000-7ffc34de9000 ---p 00000000 00:00 0                          [rollup]\n"
             "Rss:                1628 kB\nPss:                 454 kB\nPss_Dirty:           116 kB\n"
             "Pss_Anon:           %5d kB\nPss_File:           %5d kB\nPss_Shmem:          %5d kB\n"
             "Anonymous:           116 kB\nSwap:                  0 kB\nSwapPss:            %5d kB\n",
             anon_kib, file_kib, shmem_kib, swap_kib);
    tree_write(root, path, text);
}

// 10 ─ 11 ─ 13, 10 ─ 12; 20 is another tree, 1 the root's own parent.
static void test_tree(void **state)
{
    const char *root = *state;
    struct memory_reading reading;

    write_status(root, 1, 0, 1, 1000);
    write_status(root, 10, 1, 4, 40);
    write_status(root, 11, 10, 1, 8);
    write_status(root, 12, 10, 2, 12);
    write_status(root, 13, 11, 1, 16);
    write_status(root, 20, 1, 50, 500);
    write_rollup(root, 1, 9000, 9000, 9000, 9000);
    write_rollup(root, 10, 100, 200, 300, 0);
    write_rollup(root, 11, 10, 20, 30, 4);
    write_rollup(root, 12, 1, 2, 3, 0);
    write_rollup(root, 13, 1000, 0, 0, 0);
    write_rollup(root, 20, 5000, 5000, 5000, 5000);
    tree_write(root, "stat", "not a process\n");
    tree_write(root, "10x/status", "PPid:\t10\nThreads:\t7\n");

    assert_int_equal(memory_of_tree_at(root, 10, &reading), 0);
    assert_int_equal(reading.processes, 4);
    assert_int_equal(reading.threads, 8);
    assert_int_equal(reading.anon_bytes, 1111 * KIB);
    assert_int_equal(reading.file_bytes, 222 * KIB);
    assert_int_equal(reading.shmem_bytes, 333 * KIB);
    assert_int_equal(reading.swap_bytes, 4 * KIB);
    assert_int_equal(reading.page_table_bytes, 76 * KIB);
    assert_int_equal(reading.kernel_stack_bytes, 7 * (size_t)16 * KIB);
    assert_int_equal(memory_counted_bytes(&reading), (1111 + 333 + 4 + 76 + 7 * 16) * KIB);

    assert_int_equal(memory_of_tree_at(root, 13, &reading), 0);
    assert_int_equal(reading.processes, 1);
    assert_int_equal(reading.kernel_stack_bytes, 0);
}

// 12 has gone between the two files, 11 before the first of them; the root may not go.
static void test_vanished(void **state)
{
    const char *root = *state;
    struct memory_reading reading = {.threads = 77};

    assert_int_equal(memory_of_tree_at(root, 10, &reading), -ESRCH);
    write_status(root, 10, 1, 1, 4);
    assert_int_equal(memory_of_tree_at(root, 10, &reading), -ESRCH);
    assert_int_equal(reading.threads, 77);
    write_rollup(root, 10, 100, 0, 0, 0);
    write_status(root, 12, 10, 1, 4);
    tree_write(root, "11/comm", "x\n");
    assert_int_equal(memory_of_tree_at(root, 10, &reading), 0);
    assert_int_equal(reading.processes, 1);
    assert_int_equal(reading.threads, 1);
    assert_int_equal(reading.page_table_bytes, 4 * KIB);
    assert_int_equal(memory_of_tree_at("/nonexistent", 10, &reading), -ENOENT);
}

// A reused pid may make a snapshot in which everybody descends from everybody.
static void test_circle(void **state)
{
    const char *root = *state;
    struct memory_reading reading;

    write_status(root, 10, 11, 1, 4);
    write_status(root, 11, 10, 1, 4);
    write_rollup(root, 10, 100, 0, 0, 0);
    write_rollup(root, 11, 100, 0, 0, 0);
    assert_int_equal(memory_of_tree_at(root, 10, &reading), 0);
    assert_int_equal(reading.processes, 2);
}

static const char smaps[] =
    "55d000000000-55d000001000 r-xp 00000000 fe:00 1234                       /usr/bin/a b\n"
    "Size:                  4 kB\nRss:                   4 kB\nPss:                  64 kB\n"
    "Anonymous:             0 kB\n"
    "SwapPss:               0 kB\nVmFlags: rd ex\n"
    "55d000001000-55d000002000 rw-p 00001000 fe:00 1234                       /usr/bin/a b\n"
    "Pss:                  12 kB\nAnonymous:             8 kB\nSwapPss:               1 kB\n"
    "55d000002000-55d000003000 rw-p 00000000 00:00 0                          [heap]\n"
    "Pss:                 100 kB\nAnonymous:           200 kB\nSwapPss:               2 kB\n"
    "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n"
    "Pss:                1000 kB\nAnonymous:          1000 kB\nSwapPss:               0 kB\n"
    "7f0000001000-7f0000002000 rw-s 00000000 00:01 77                         /memfd:slots (deleted)\n"
    "Pss:               16384 kB\nAnonymous:             0 kB\nSwapPss:               0 kB\n"
    "7f0000002000-7f0000003000 rw-s 00000000 00:01 78                         /dev/zero (deleted)\n"
    "Pss:                   7 kB\nAnonymous:             0 kB\nSwapPss:               0 kB\n";

static void check_smaps_sum(const char *root)
{
    struct memory_reading reading;

    assert_int_equal(memory_of_tree_at(root, 10, &reading), 0);
    assert_int_equal(reading.anon_bytes, 1108 * KIB);
    assert_int_equal(reading.file_bytes, 68 * KIB);
    assert_int_equal(reading.shmem_bytes, 16391 * KIB);
    assert_int_equal(reading.swap_bytes, 3 * KIB);
}

// Kernels before 4.14 have no smaps_rollup; those before 5.4 have one that does not tell anonymous from file pages.
static void test_smaps(void **state)
{
    const char *root = *state;

    write_status(root, 10, 1, 1, 4);
    tree_write(root, "10/smaps", smaps);
    check_smaps_sum(root);
    tree_write(root, "10/smaps_rollup", "Rss:   1628 kB\nPss:    454 kB\n");
    check_smaps_sum(root);
}

static void read_self(struct memory_reading *ret_reading)
{
    assert_int_equal(memory_of_tree(getpid(), ret_reading), 0);
}

static void *touch(int flags, size_t size)
{
    // By the kernel: under a sanitizer, writing to them here would touch shadow memory, too.
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_POPULATE | flags, -1, 0);

    assert_true(pages != MAP_FAILED);
    return pages;
}

// What is touched is seen, as what it is. The slack covers what the test itself allocates; a sanitizer's runtime maps most of its
// own in the first reading.
static void test_own_memory(void **state)
{
    const size_t size = 32 * MIB, slack = 8 * MIB;
    struct memory_reading before, private, shared;
    void *pages, *common;

    (void)state;
    read_self(&before);
    read_self(&before);
    assert_int_equal(before.processes, 1);
    pages = touch(MAP_PRIVATE, size);
    read_self(&private);
    assert_in_range(private.anon_bytes + private.swap_bytes, before.anon_bytes + size,
                    before.anon_bytes + size + slack);
    common = touch(MAP_SHARED, size);
    read_self(&shared);
    assert_in_range(shared.shmem_bytes, before.shmem_bytes + size, before.shmem_bytes + size + slack);
    assert_in_range(shared.anon_bytes + shared.swap_bytes, before.anon_bytes + size, before.anon_bytes + size + slack);
    assert_true(shared.page_table_bytes > 0);
    munmap(pages, size);
    munmap(common, size);
}

static pid_t fork_waiting(void)
{
    pid_t parent = getpid(), pid = fork();

    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (getppid() == parent)
        pause();
    _exit(0);
}

// Pages shared with children are counted once over the tree, and children cost a stack each.
static void test_children(void **state)
{
    enum { CHILDREN = 3 };
    const size_t size = 32 * MIB, slack = 8 * MIB;
    struct memory_reading alone, together;
    void *pages = touch(MAP_PRIVATE, size);
    pid_t children[CHILDREN];

    (void)state;
    read_self(&alone);
    for (int i = 0; i < CHILDREN; i++)
        children[i] = fork_waiting();
    read_self(&together);
    assert_int_equal(together.processes, 1 + CHILDREN);
    assert_in_range(together.threads, alone.threads + CHILDREN, alone.threads + (1 + OWN_THREADS) * (size_t)CHILDREN);
    assert_int_equal(together.kernel_stack_bytes, (together.threads - 1) * 16 * KIB);
    assert_in_range(together.anon_bytes + together.swap_bytes, size, alone.anon_bytes + alone.swap_bytes + slack);
    for (int i = 0; i < CHILDREN; i++) {
        kill(children[i], SIGKILL);
        assert_int_equal(waitpid(children[i], NULL, 0), children[i]);
    }
    read_self(&together);
    assert_int_equal(together.processes, 1);
    munmap(pages, size);
}

// A child that has ended and is not yet waited for takes no memory.
static void test_zombie(void **state)
{
    struct memory_reading reading;
    siginfo_t info;
    pid_t pid = fork();

    (void)state;
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    read_self(&reading);
    assert_int_equal(reading.processes, 1);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void *wait_for_barrier(void *barrier)
{
    pthread_barrier_wait(barrier);
    return NULL;
}

static void test_threads(void **state)
{
    enum { THREADS = 5 };
    struct memory_reading before, reading;
    pthread_t threads[THREADS];
    pthread_barrier_t barrier;

    (void)state;
    read_self(&before);
    assert_int_equal(pthread_barrier_init(&barrier, NULL, THREADS + 1), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, wait_for_barrier, &barrier), 0);
    read_self(&reading);
    assert_in_range(reading.threads, before.threads + THREADS, before.threads + THREADS + OWN_THREADS);
    assert_int_equal(reading.kernel_stack_bytes, (reading.threads - 1) * MEMORY_KERNEL_STACK_BYTES);
    assert_int_equal(reading.processes, 1);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    pthread_barrier_destroy(&barrier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tree, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_vanished, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_circle, open_tree, close_tree),
        cmocka_unit_test_setup_teardown(test_smaps, open_tree, close_tree),
        cmocka_unit_test(test_own_memory),
        cmocka_unit_test(test_children),
        cmocka_unit_test(test_zombie),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

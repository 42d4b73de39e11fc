// SPDX-License-Identifier: MIT
// The shortest programs that do just what a model does, one after the other: what ccbench's figures are held against in
// the same run (bench/run). Each prints "name ns-per-unit".
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "models/carry/stack/fiber.h"
#include "workloads/program/compute.h"

#define TASKS 1000000u

static void report(const char *name, uint64_t start_ns, double units)
{
    printf("%s %.2f\n", name, (double)(clock_now_ns() - start_ns) / units);
}

// Handing out empty tasks by an atomic counter, 64 at a time, each stamped twice as ccbench stamps it.
static _Atomic uint32_t next_task;
static uint64_t stamps[TASKS][2];

static void *claim(void *data)
{
    (void)data;
    for (;;) {
        uint32_t first = atomic_fetch_add(&next_task, 64);

        if (first >= TASKS)
            return NULL;
        for (uint32_t i = first; i < first + 64 && i < TASKS; i++) {
            stamps[i][0] = clock_now_ns();
            stamps[i][1] = clock_now_ns();
        }
    }
}

static int limit_claim(void)
{
    pthread_t threads[2];
    uint64_t start_ns;

    memset(stamps, 1, sizeof stamps); // touched, as ccbench's slots are
    start_ns = clock_now_ns();
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, claim, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    report("claim", start_ns, TASKS);
    return 0;
}

// Switching between 100 contexts, each jumping straight to the next.
#define FIBERS 100
#define LOOPS 20000

static struct fiber_scheduler scheduler;
static struct fiber fibers[FIBERS];

static void spin(struct fiber *self)
{
    for (int i = 0; i < LOOPS; i++) {
        struct fiber *next = self + 1 == fibers + FIBERS ? fibers : self + 1;

        fiber_switch(self, next, false);
    }
}

static int limit_switch(void)
{
    struct fiber_stacks stacks;
    uint64_t start_ns;

    fiber_scheduler_init(&scheduler, spin);
    if (fiber_stacks_open(&stacks, FIBERS) != 0)
        return 1;
    for (size_t i = 0; i < FIBERS; i++) {
        char *stack;
        size_t bytes;

        fiber_stacks_get(&stacks, i, &stack, &bytes);
        fiber_init(&fibers[i], &scheduler, stack, bytes);
        fiber_start(&fibers[i]);
    }
    start_ns = clock_now_ns();
    fiber_switch(&scheduler.main, &fibers[0], false); // the first to end its loops returns here
    report("switch", start_ns, (double)FIBERS * LOOPS);
    return 0;
}

// A pool of two forked workers that echo a byte; 16 bytes in flight each.
static int limit_messages(void)
{
    int tasks[2], replies[2];
    char bytes[64] = {0};
    unsigned sent = 0, received = 0, total = TASKS / 4;
    uint64_t start_ns;

    if (pipe(tasks) != 0 || pipe(replies) != 0)
        return 1;
    for (int i = 0; i < 2; i++) {
        if (fork() == 0) {
            close(tasks[1]);
            while (read(tasks[0], bytes, 1) == 1 && write(replies[1], bytes, 1) == 1)
                ;
            _exit(0);
        }
    }
    start_ns = clock_now_ns();
    while (received < total) {
        unsigned room = 32 - (sent - received);
        ssize_t n;

        if (room > total - sent)
            room = total - sent;
        if (room > 0 && write(tasks[1], bytes, room) == (ssize_t)room)
            sent += room;
        n = read(replies[0], bytes, sizeof bytes);
        if (n <= 0)
            return 1;
        received += (unsigned)n;
    }
    report("messages", start_ns, total);
    close(tasks[1]);
    close(tasks[0]);
    while (wait(NULL) > 0)
        ;
    return 0;
}

static void *nothing(void *data)
{
    return data;
}

static int limit_threads(void)
{
    enum { COUNT = 1000 };
    static pthread_t threads[COUNT];
    pthread_attr_t attributes;
    uint64_t start_ns;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)256 * 1024);
    start_ns = clock_now_ns();
    for (int i = 0; i < COUNT; i++) {
        if (pthread_create(&threads[i], &attributes, nothing, NULL) != 0)
            return 1;
    }
    for (int i = 0; i < COUNT; i++)
        pthread_join(threads[i], NULL);
    report("threads", start_ns, COUNT);
    return 0;
}

static int limit_forks(void)
{
    enum { COUNT = 200 };
    uint64_t start_ns = clock_now_ns();

    for (int i = 0; i < COUNT; i++) {
        if (fork() == 0)
            _exit(0);
    }
    while (wait(NULL) > 0)
        ;
    report("forks", start_ns, COUNT);
    return 0;
}

static int limit_compute(void)
{
    uint64_t start_ns = clock_now_ns();
    uint32_t sum = 0;

    for (int i = 0; i < 64; i++)
        sum += compute(30);
    report("compute", start_ns, 64);
    return sum == 64 * compute_expected(30) ? 0 : 1;
}

// An HTTP client on bare epoll: preformatted requests, an answer recognised by its size alone.
#define CONNECTIONS 64
#define REQUESTS 200000

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static int limit_http(uint16_t port)
{
    static const char request[] = "GET /bytes/13 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    struct epoll_event events[CONNECTIONS], event = {.events = EPOLLIN};
    int loop = epoll_create1(0), sent = 0, received = 0;
    char answer[4096];
    uint64_t start_ns = clock_now_ns(), cpu_ns = clock_cpu_ns();

    for (int i = 0; i < CONNECTIONS; i++) {
        event.data.fd = connect_to(port);
        if (event.data.fd < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, event.data.fd, &event) != 0 ||
            write(event.data.fd, request, sizeof request - 1) < 0)
            return 1;
        sent++;
    }
    while (received < REQUESTS) {
        int n = epoll_wait(loop, events, CONNECTIONS, -1);

        for (int i = 0; i < n; i++) {
            if (read(events[i].data.fd, answer, sizeof answer) <= 0)
                return 1;
            received++;
            if (sent < REQUESTS && write(events[i].data.fd, request, sizeof request - 1) > 0)
                sent++;
        }
    }
    report("http", start_ns, REQUESTS);
    printf("http-cpu %.2f\n", (double)(clock_cpu_ns() - cpu_ns) / REQUESTS);
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "claim") == 0)
        return limit_claim();
    if (strcmp(what, "switch") == 0)
        return limit_switch();
    if (strcmp(what, "messages") == 0)
        return limit_messages();
    if (strcmp(what, "threads") == 0)
        return limit_threads();
    if (strcmp(what, "forks") == 0)
        return limit_forks();
    if (strcmp(what, "compute") == 0)
        return limit_compute();
    if (strcmp(what, "http") == 0 && argc > 2)
        return limit_http((uint16_t)atoi(argv[2]));
    fprintf(stderr, "usage: limits claim|switch|messages|threads|forks|compute|http PORT\n");
    return 2;
}

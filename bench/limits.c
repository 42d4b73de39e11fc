// SPDX-License-Identifier: MIT
// The shortest programs that do just what a model does, one after the other: what ccbench's figures are held against in
// the same run (bench/run). Each prints "name ns-per-unit". They hold no code of ccbench's, whose cost they show.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TASKS 1000000u

static uint64_t read_ns(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static uint64_t now_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

static uint64_t cpu_ns(void)
{
    return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static void report(const char *name, uint64_t start_ns, double units)
{
    printf("%s %.2f\n", name, (double)(now_ns() - start_ns) / units);
}

// Handing out empty tasks by an atomic counter, 64 at a time, each stamped twice as ccbench stamps it.
static _Atomic uint32_t next_task;
static uint64_t stamps[TASKS][2];

static void *claim(void *data)
{
    for (;;) {
        uint32_t first = atomic_fetch_add(&next_task, 64);

        if (first >= TASKS)
            return NULL;
        for (uint32_t i = first; i < first + 64 && i < TASKS; i++) {
            stamps[i][0] = now_ns();
            stamps[i][1] = now_ns();
        }
    }
}

static int limit_claim(uint16_t port, unsigned connections)
{
    pthread_t threads[2];
    uint64_t start_ns;

    memset(stamps, 1, sizeof stamps); // touched, as ccbench's slots are
    start_ns = now_ns();
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, claim, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    report("claim", start_ns, TASKS);
    return 0;
}

// A line of memory that so many threads write in turn, and nothing else: what a claim costs where others claim too.
#define WRITES 2000000u

static void *write_line(void *data)
{
    for (unsigned i = 0; i < WRITES; i++)
        atomic_fetch_add(&next_task, 1);
    return NULL;
}

static int limit_line(uint16_t port, unsigned count)
{
    static pthread_t threads[1024];
    uint64_t start_ns = now_ns();

    if (count > sizeof threads / sizeof *threads)
        return 1;
    for (unsigned i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, write_line, NULL);
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    report("line", start_ns, (double)count * WRITES);
    return 0;
}

// A pool of two forked workers that echo a byte; 16 bytes in flight each.
static void echo(const int tasks[2], const int replies[2])
{
    char byte;

    close(tasks[1]);
    while (read(tasks[0], &byte, 1) == 1 && write(replies[1], &byte, 1) == 1)
        ;
    _exit(0);
}

static int exchange(int task_fd, int reply_fd, unsigned total)
{
    char bytes[64] = {0};
    unsigned sent = 0, received = 0;

    while (received < total) {
        unsigned room = 32 - (sent - received);
        ssize_t n;

        if (room > total - sent)
            room = total - sent;
        if (room > 0 && write(task_fd, bytes, room) == (ssize_t)room)
            sent += room;
        n = read(reply_fd, bytes, sizeof bytes);
        if (n <= 0)
            return 1;
        received += (unsigned)n;
    }
    return 0;
}

static int limit_messages(uint16_t port, unsigned connections)
{
    int tasks[2], replies[2];
    unsigned total = TASKS / 4;
    uint64_t start_ns;

    if (pipe(tasks) != 0 || pipe(replies) != 0)
        return 1;
    for (int i = 0; i < 2; i++) {
        if (fork() == 0)
            echo(tasks, replies);
    }
    start_ns = now_ns();
    if (exchange(tasks[1], replies[0], total) != 0)
        return 1;
    report("messages", start_ns, total);
    close(tasks[1]);
    close(tasks[0]);
    while (wait(NULL) > 0)
        ;
    return 0;
}

static uint32_t fib(unsigned n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static int limit_compute(uint16_t port, unsigned connections)
{
    volatile unsigned n = 30; // else the compiler calls it once
    uint64_t start_ns = now_ns();
    uint32_t sum = 0;

    for (int i = 0; i < 64; i++)
        sum += fib(n);
    report("compute", start_ns, 64);
    return sum == UINT32_C(64) * 832040 ? 0 : 1;
}

// HTTP clients without a parser: preformatted requests, an answer recognised by its size alone.
#define REQUESTS 60000
#define CONNECTIONS_MOST 10000

static const char request[] = "GET /bytes/13 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static int ask(int fd)
{
    return write(fd, request, sizeof request - 1) == (ssize_t)sizeof request - 1 ? 0 : -1;
}

static int hear(int fd)
{
    char answer[4096];

    return read(fd, answer, sizeof answer) > 0 ? 0 : -1;
}

static void report_requests(const char *name, uint64_t start_ns, uint64_t start_cpu_ns)
{
    report(name, start_ns, REQUESTS);
    printf("%s-cpu %.2f\n", name, (double)(cpu_ns() - start_cpu_ns) / REQUESTS);
}

// One thread and one epoll.
static int limit_http(uint16_t port, unsigned connections)
{
    static struct epoll_event events[CONNECTIONS_MOST];
    struct epoll_event event = {.events = EPOLLIN};
    int loop = epoll_create1(0);
    unsigned sent = 0, received = 0;
    uint64_t start_ns = now_ns(), start_cpu_ns = cpu_ns();

    for (; sent < connections; sent++) {
        event.data.fd = connect_to(port);
        if (event.data.fd < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, event.data.fd, &event) != 0 || ask(event.data.fd) != 0)
            return 1;
    }
    while (received < REQUESTS) {
        int n = epoll_wait(loop, events, (int)connections, -1);

        for (int i = 0; i < n; i++, received++) {
            if (hear(events[i].data.fd) != 0)
                return 1;
            if (sent < REQUESTS && ask(events[i].data.fd) == 0)
                sent++;
        }
    }
    report_requests("http", start_ns, start_cpu_ns);
    return 0;
}

// A thread for each connection, which blocks.
static _Atomic unsigned next_request;
static atomic_bool failed;

static void *fetch_all(void *data)
{
    int fd = connect_to(*(uint16_t *)data);

    while (fd >= 0 && !failed && atomic_fetch_add(&next_request, 1) < REQUESTS) {
        if (ask(fd) != 0 || hear(fd) != 0)
            failed = true;
    }
    if (fd < 0)
        failed = true;
    return NULL;
}

static int limit_http_threads(uint16_t port, unsigned connections)
{
    static pthread_t threads[CONNECTIONS_MOST];
    uint64_t start_ns = now_ns(), start_cpu_ns = cpu_ns();
    unsigned made = 0;

    while (made < connections && pthread_create(&threads[made], NULL, fetch_all, &port) == 0)
        made++;
    for (unsigned i = 0; i < made; i++)
        pthread_join(threads[i], NULL);
    report_requests("http-threads", start_ns, start_cpu_ns);
    return made == connections && !failed ? 0 : 1;
}

static const struct {
    const char *name;
    int (*run)(uint16_t port, unsigned connections);
} limits[] = {
    {"claim", limit_claim},     {"line", limit_line}, {"messages", limit_messages},
    {"compute", limit_compute}, {"http", limit_http}, {"http-threads", limit_http_threads},
};

int main(int argc, char **argv)
{
    unsigned connections = argc > 3 ? (unsigned)atoi(argv[3]) : 64;

    for (size_t i = 0; argc > 1 && connections - 1 < CONNECTIONS_MOST && i < sizeof limits / sizeof *limits; i++) {
        if (strcmp(argv[1], limits[i].name) == 0)
            return limits[i].run(argc > 2 ? (uint16_t)atoi(argv[2]) : 0, connections);
    }
    fprintf(stderr, "usage: limits claim|line|messages|compute|http|http-threads [PORT [CONNECTIONS OR THREADS]]\n");
    return 2;
}

// SPDX-License-Identifier: MIT
// The shortest HTTP server that answers late: one thread, one epoll, one timer. All answers are as late, so that those who wait
// are a queue and need no heap. As limits.c it holds no code of ccbench's, whose origin it is the limit of.
//
//     limits_server DELAY_US     prints the port, and answers every request DELAY_US microseconds after it came, until it is killed
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 1024
#define WAITING_MOST 65536u // a power of two; each connection waits for one answer at a time

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, World!";

static struct {
    int fd;
    uint64_t due_ns;
} waiting[WAITING_MOST];
static uint32_t first, last; // of those that wait
static int loop, timer;

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int listen_anywhere(uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 65535) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        return -1;
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static void watch(int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
}

static void accept_all(int listener)
{
    int fd, one = 1;

    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        watch(fd);
    }
}

// When the first of those that wait is due; none: never.
static void arm(void)
{
    uint64_t due_ns = first != last ? waiting[first % WAITING_MOST].due_ns : 0;
    struct itimerspec due = {
        .it_value = {.tv_sec = (time_t)(due_ns / 1000000000), .tv_nsec = (long)(due_ns % 1000000000)}};

    timerfd_settime(timer, TFD_TIMER_ABSTIME, &due, NULL);
}

// A request is known by its end alone, and comes in one piece.
static void hear(int fd, uint64_t delay_ns)
{
    char text[4096];
    ssize_t n = read(fd, text, sizeof text);

    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            close(fd);
        return;
    }
    if (n < 4 || memcmp(text + n - 4, "\r\n\r\n", 4) != 0 || last - first == WAITING_MOST)
        return;
    waiting[last % WAITING_MOST].fd = fd;
    waiting[last++ % WAITING_MOST].due_ns = now_ns() + delay_ns;
}

static void answer_due(void)
{
    uint64_t now = now_ns();

    for (; first != last && waiting[first % WAITING_MOST].due_ns <= now; first++)
        (void)!write(waiting[first % WAITING_MOST].fd, answer, sizeof answer - 1);
}

static void serve(int listener, uint64_t delay_ns)
{
    static struct epoll_event events[EVENTS];
    uint64_t fired, armed_ns = 0;

    for (;;) {
        int n = epoll_wait(loop, events, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener)
                accept_all(listener);
            else if (events[i].data.fd == timer)
                (void)!read(timer, &fired, sizeof fired);
            else
                hear(events[i].data.fd, delay_ns);
        }
        answer_due();
        if (first != last && waiting[first % WAITING_MOST].due_ns != armed_ns) {
            armed_ns = waiting[first % WAITING_MOST].due_ns;
            arm();
        }
    }
}

int main(int argc, char **argv)
{
    uint64_t delay_ns = argc > 1 ? strtoull(argv[1], NULL, 10) * 1000 : 0;
    struct rlimit files;
    uint16_t port = 0;
    int listener = listen_anywhere(&port);

    loop = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (delay_ns == 0 || listener < 0 || loop < 0 || timer < 0) {
        fputs("usage: limits_server DELAY_US\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_TIMERSLACK, 1UL);
    prctl(PR_SET_PDEATHSIG, SIGKILL); // whoever measures ends first
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    watch(listener);
    watch(timer);
    printf("%u\n", port);
    fflush(stdout);
    serve(listener, delay_ns);
}

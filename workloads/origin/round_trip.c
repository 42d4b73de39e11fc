// SPDX-License-Identifier: MIT
#include "workloads/origin/round_trip.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/base/write_all.h"
#include "workloads/origin/server_address.h"

#define PATIENCE_S 5
#define REQUEST_MOST 512
#define ANSWER_MOST 2048

static void set_up(int fd)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    const int yes = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience); // of the connect, too
}

// The first of its addresses that accepts.
static int connect_to(const struct url *url, int *ret_fd)
{
    struct server_address address;
    int err = server_address_of_host(url->host, url->port, &address);

    for (unsigned i = 0; i < address.count; i++) {
        int fd = socket(address.of[i].ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
            return -errno;
        set_up(fd);
        if (connect(fd, (const struct sockaddr *)&address.of[i], address.lengths[i]) == 0) {
            *ret_fd = fd;
            return 0;
        }
        err = -errno;
        close(fd);
    }
    return err;
}

// Whether the whole head is there; the few bytes behind it come with it, or are read before the next answer.
static bool is_whole(const char *answer)
{
    const char *end = strstr(answer, "\r\n\r\n");

    return end != NULL && end[4] != '\0';
}

static int read_answer(int fd)
{
    static const char ok[] = "HTTP/1.1 200 ";
    char answer[ANSWER_MOST] = "";
    size_t length = 0;

    while (!is_whole(answer)) {
        const ssize_t n = recv(fd, answer + length, sizeof answer - 1 - length, 0);

        if (n <= 0)
            return n < 0 ? -errno : -EPROTO;
        length += (size_t)n;
        answer[length] = '\0';
    }
    return strncmp(answer, ok, sizeof ok - 1) == 0 ? 0 : -EPROTO;
}

static int measure_once(int fd, const char *request, size_t length, double *ret_ns)
{
    const uint64_t begin_ns = clock_now_ns();
    int err = write_all(fd, request, length);

    if (err == 0)
        err = read_answer(fd);
    *ret_ns = (double)(clock_now_ns() - begin_ns);
    return err;
}

int round_trip_measure(const struct url *url, const char *path, unsigned warm_ups, unsigned count, double *ret_ns)
{
    char request[REQUEST_MOST];
    const int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, url->host);
    int fd = -1, err = length < (int)sizeof request ? connect_to(url, &fd) : -ENAMETOOLONG;

    for (unsigned i = 0; err == 0 && i < warm_ups + count; i++)
        err = measure_once(fd, request, (size_t)length, &ret_ns[i < warm_ups ? 0 : i - warm_ups]);
    if (fd >= 0)
        close(fd);
    return err;
}

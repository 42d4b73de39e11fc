// SPDX-License-Identifier: MIT
#include "workloads/origin/keep_alive.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>

#define PROBES 3

int keep_alive(int fd, int after_s, int every_s)
{
    const struct {
        int level, name, value;
    } wanted[] = {
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, after_s},
        {IPPROTO_TCP, TCP_KEEPINTVL, every_s},
        {IPPROTO_TCP, TCP_KEEPCNT, PROBES},
    };

    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (setsockopt(fd, wanted[i].level, wanted[i].name, &wanted[i].value, sizeof wanted[i].value) != 0)
            return -errno;
    }
    return 0;
}

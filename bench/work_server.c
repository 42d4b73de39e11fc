// SPDX-License-Identifier: MIT
// work_server PORT UNITS: an HTTP server whose answers cost a known amount of computing, for bench/gate-real. A thread a
// connection, kept open; each request, whatever it asks for, computes UNITS times fib(15) and gets 13 bytes.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "workloads/program/compute.h"

static uint64_t units;

static void *serve(void *data)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, world!";
    int fd = *(int *)data, on = 1;
    char request[4096];
    size_t length = 0;
    ssize_t n;

    free(data);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    while ((n = read(fd, request + length, sizeof request - 1 - length)) > 0) {
        length += (size_t)n;
        request[length] = '\0';
        if (strstr(request, "\r\n\r\n") == NULL)
            continue;
        length = 0;
        compute_repeated(15, units);
        if (write(fd, answer, sizeof answer - 1) != (ssize_t)sizeof answer - 1)
            break;
    }
    close(fd);
    return NULL;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    if (argc != 3) {
        fprintf(stderr, "usage: work_server PORT UNITS\n");
        return 2;
    }
    address.sin_port = htons((uint16_t)atoi(argv[1]));
    units = strtoull(argv[2], NULL, 10);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 128) != 0) {
        perror("work_server");
        return 1;
    }
    for (;;) {
        int *fd = malloc(sizeof *fd);
        pthread_t thread;

        if (fd == NULL || (*fd = accept(listener, NULL, NULL)) < 0 || pthread_create(&thread, NULL, serve, fd) != 0) {
            perror("work_server");
            free(fd);
            return 1;
        }
        pthread_detach(thread);
    }
}

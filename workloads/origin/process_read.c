// SPDX-License-Identifier: MIT
// What an origin that runs here has counted, and that it has counted all there is.
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "workloads/origin/process.h"

// How long its workers are asked until each has answered; how long one answer may take.
#define CATCH_UP_NS (5 * NS_PER_S)
#define PATIENCE_S 1

#define SUM(origin, counter) \
    origin_counters_sum((origin)->counters, (origin)->workers, offsetof(struct origin_counters, counter), 0)

static bool is_settled(const struct origin_process *origin)
{
    return SUM(origin, requests) <= SUM(origin, responses) + SUM(origin, aborted) &&
           SUM(origin, tls_connections) <=
               SUM(origin, tls_handshakes) + SUM(origin, tls_resumed) + SUM(origin, tls_failed);
}

void origin_process_settle(const struct origin_process *origin)
{
    for (int i = 0; i < 200 && origin->pid != 0 && !is_settled(origin); i++)
        clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
}

// 1; 0: no answer came, nor will by asking again; -errno: no socket is to be had. That none could connect is the trial's to find.
static int ask(const struct sockaddr_in *address)
{
    static const char request[] = "GET /stats HTTP/1.1\r\nHost: origin\r\nConnection: close\r\n\r\n";
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    char answer[1024];
    ssize_t n = -1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 &&
        send(fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0) {
        do
            n = recv(fd, answer, sizeof answer, 0);
        while (n > 0);
    }
    close(fd);
    return n == 0;
}

static void read_told(const struct origin_process *origin, uint64_t told[ORIGIN_WORKERS_MOST])
{
    for (unsigned i = 0; i < origin->workers; i++)
        told[i] = atomic_load(&origin->counters[i].told);
}

static bool all_told(const struct origin_process *origin, const uint64_t before[ORIGIN_WORKERS_MOST])
{
    uint64_t now[ORIGIN_WORKERS_MOST];
    bool all = true;

    read_told(origin, now);
    for (unsigned i = 0; i < origin->workers; i++)
        all &= now[i] > before[i];
    return all;
}

// A worker accepts connections in their order, so one that has its answer has none before it in that worker's queue. Which
// worker is asked is the kernel's choice: so they are asked until each has been. /stats is not counted.
int origin_process_catch_up(const struct origin_process *origin, char how[ORIGIN_HOW])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const uint64_t deadline_ns = clock_now_ns() + CATCH_UP_NS;
    uint64_t before[ORIGIN_WORKERS_MOST];
    int answered;

    if (origin->pid == 0)
        return 0;
    address.sin_port = htons((uint16_t)strtoul(strrchr(origin->url, ':') + 1, NULL, 10));
    read_told(origin, before);
    do
        answered = ask(&address);
    while (answered > 0 && !all_told(origin, before) && clock_now_ns() < deadline_ns);
    if (answered < 0) {
        snprintf(how, ORIGIN_HOW, "could not be asked whether it is done with what came before: %s",
                 strerror(-answered));
        return answered;
    }
    origin_process_settle(origin);
    return 0;
}

void origin_process_read(const struct origin_process *origin, struct origin_reading *ret_reading)
{
    *ret_reading = (struct origin_reading){0};
    if (origin->pid == 0)
        return;
    *ret_reading = (struct origin_reading){
        .cpu_ns = clock_cpu_of_ns(origin->pid),
        .connections = SUM(origin, connections),
        .requests = SUM(origin, requests),
        .bytes = SUM(origin, bytes),
        .tls_connections = SUM(origin, tls_connections),
        .tls_handshakes = SUM(origin, tls_handshakes),
        .tls_resumed = SUM(origin, tls_resumed),
        .workers = origin->workers,
    };
    for (unsigned i = 0; i < origin->workers && origin->workers > 1; i++)
        ret_reading->worker_cpu_ns[i] = clock_cpu_of_thread_ns(origin->pid, atomic_load(&origin->counters[i].thread));
}

uint64_t origin_reading_busiest_ns(const struct origin_reading *before, const struct origin_reading *now)
{
    uint64_t most = 0, even = now->workers > 0 ? (now->cpu_ns - before->cpu_ns) / now->workers : 0;

    for (unsigned i = 0; i < now->workers; i++) {
        uint64_t used = now->worker_cpu_ns[i] - before->worker_cpu_ns[i];

        most = used > most ? used : most;
    }
    return most > even ? most : even;
}

void origin_process_read_since(const struct origin_process *origin, const struct origin_reading *before,
                               struct origin_reading *ret_used)
{
    struct origin_reading now;

    origin_process_read(origin, &now);
    *ret_used = (struct origin_reading){
        .cpu_ns = now.cpu_ns - before->cpu_ns,
        .connections = now.connections - before->connections,
        .requests = now.requests - before->requests,
        .bytes = now.bytes - before->bytes,
        .tls_connections = now.tls_connections - before->tls_connections,
        .tls_handshakes = now.tls_handshakes - before->tls_handshakes,
        .tls_resumed = now.tls_resumed - before->tls_resumed,
        .workers = now.workers,
        .busiest_cpu_ns = origin_reading_busiest_ns(before, &now),
    };
}

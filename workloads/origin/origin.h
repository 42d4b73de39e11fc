// SPDX-License-Identifier: MIT
// The HTTP/1.1 origin: the server the http workload fetches from, in a process of its own. libuv and llhttp, keep-alive, delays
// to the nanosecond from the same deadline heap as the reactor's; one thread, or several workers, which listen on the same port.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORIGIN_WORKERS_MOST 64

// Of one worker. Lives in memory shared with whoever started the origin, so that counting costs no request.
// Written by the worker alone (relaxed atomic stores), read by anybody. Two lines of memory, which no other worker writes.
struct origin_counters {
    _Alignas(128) _Atomic uint64_t connections; // accepted, those for TLS too
    _Atomic uint64_t requests;                  // whole requests received; /stats not counted
    _Atomic uint64_t responses;                 // whole answers handed to the kernel
    _Atomic uint64_t bytes;                     // body bytes of those
    _Atomic uint64_t aborted; // requests whose connection closed before the whole answer was out, /reset included
    _Atomic uint64_t in_flight_peak;  // most requests of its received and not yet answered
    _Atomic uint64_t tls_connections; // accepted for TLS
    _Atomic uint64_t tls_handshakes;  // whole ones
    _Atomic uint64_t tls_resumed;     // those that went on with a session of an earlier connection
    _Atomic uint64_t tls_failed;      // connections that closed before their handshake was over
    _Atomic uint64_t told;            // how often it was asked for /stats
    _Atomic uint64_t trial;           // that all this is of, where there are leases (workloads/origin/guard.h)
    _Atomic int thread;               // its thread, as the kernel calls it; 0: does not run yet
};

// One of the counters, at that offset, of all workers together that have counted for the trial; without leases it is 0.
static inline uint64_t origin_counters_sum(const struct origin_counters *all, unsigned workers, size_t at,
                                           uint64_t trial)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < workers; i++) {
        if (atomic_load(&all[i].trial) == trial)
            sum += atomic_load((const _Atomic uint64_t *)((const char *)&all[i] + at));
    }
    return sum;
}

// Where an origin serves.
struct origin_ready {
    uint16_t port;
    uint16_t tls_port;       // 0: no TLS
    const char *certificate; // PEM; NULL: no TLS
};

// Room for a certificate, which so goes through a pipe at once.
#define ORIGIN_CERTIFICATE 4096

// Room for a token and for how it is shown ("Bearer …"), the final NUL included.
#define ORIGIN_TOKEN 129
#define ORIGIN_AUTHORIZATION (ORIGIN_TOKEN + 8)

struct origin_config {
    const char *address; // literal IPv4 or IPv6 address; NULL: 127.0.0.1
    uint16_t port;       // 0: the kernel chooses
    bool tls;            // HTTPS as well, on a port of its own
    uint64_t seed;       // of the spread delays
    int ready_fd;     // ≥ 0: "PORT TLS_PORT\n" and the certificate are written here, in one piece, then it is closed;
                      // left open on failure
    unsigned workers; // threads that serve, 0: one; at most ORIGIN_WORKERS_MOST
    struct origin_counters *counters; // of each worker; NULL: private ones
    bool guarded;                     // it is asked for by others than who started it: see workloads/origin/guard.h
    const char *token;                // that others must show; NULL: none
    const char *host;                 // by which it is known, for the certificate; NULL: none
    const char *machine;              // what it runs on, as JSON; NULL: not told
};

// Serves until SIGTERM, SIGINT or SIGHUP (unless that is ignored). 0, or -errno with nothing served (-EADDRINUSE: the port
// is taken; -EINVAL: not an address; with TLS, -ENOSYS: not built; -ELIBACC: OpenSSL cannot be loaded). Raises the
// process's soft limit of descriptors to the hard one and sets its timer slack to 1 ns. With several workers the port is shared
// (SO_REUSEPORT) by these, and by whoever of the same user joins them later. `announce` (may be NULL) is called
// once, before the first request; if it returns another number than 0, that is returned, and nothing served.
int origin_serve(const struct origin_config *config, int (*announce)(const struct origin_ready *ready, void *data),
                 void *data);

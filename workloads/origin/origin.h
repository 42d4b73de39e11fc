// SPDX-License-Identifier: MIT
// The HTTP/1.1 origin: the server the http workload fetches from, in a process of its own. One thread, libuv and
// http-parser, keep-alive, delays to the nanosecond from the same deadline heap as the reactor's.
#pragma once

#include <stdint.h>

// Lives in memory shared with whoever started the origin, so that counting costs no request.
// Written by the origin alone (relaxed atomic stores), read by anybody.
struct origin_counters {
    _Atomic uint64_t connections; // accepted
    _Atomic uint64_t requests;    // whole requests received; /stats not counted
    _Atomic uint64_t responses;   // whole answers handed to the kernel
    _Atomic uint64_t bytes;       // body bytes of those
    _Atomic uint64_t aborted;     // requests whose connection closed before the whole answer was out, /reset included
    _Atomic uint64_t in_flight_peak; // most requests received and not yet answered
};

struct origin_config {
    const char *address; // literal IPv4 or IPv6 address; NULL: 127.0.0.1
    uint16_t port;       // 0: the kernel chooses
    uint64_t seed;       // of the spread delays
    int ready_fd;        // ≥ 0: the bound port is written here as decimal text and newline, then it is closed;
                         // left open on failure
    struct origin_counters *counters; // NULL: private ones
};

// Serves until SIGTERM, SIGINT or SIGHUP (unless that is ignored). 0, or -errno with nothing served (-EADDRINUSE: the port is taken; -EINVAL: not an
// address). Raises the process's soft limit of descriptors to the hard one and sets its timer slack to 1 ns.
// `announce` (may be NULL) is called once with the bound port before the first request.
int origin_serve(const struct origin_config *config, void (*announce)(uint16_t port, void *data), void *data);

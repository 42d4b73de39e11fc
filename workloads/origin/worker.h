// SPDX-License-Identifier: MIT
// One thread's part of the HTTP origin: a loop with sockets of its own to listen on, and what they accept. Workers share a port
// by SO_REUSEPORT: the kernel deals connections to them by a hash of both ends, and each stays with the worker that accepted it.
// Nothing that one writes for a request is in another's lines of memory.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "workloads/origin/count.h"
#include "workloads/origin/guard.h"
#include "workloads/origin/origin.h"

struct origin_tls;

enum { ORIGIN_PLAIN, ORIGIN_TLS, ORIGIN_LISTENERS };

struct origin_listener {
    uv_tcp_t tcp;
    uv_tcp_t refused;           // a connection there is no memory for
    bool refusing, refuse_more; // `refused` is closing; another waits for it
    struct origin_tls *tls;     // what its connections speak; NULL: none
    struct origin_worker *worker;
};

struct origin_worker {
    _Alignas(128) uv_loop_t loop; // of lines that no other worker writes
    struct origin_listener listeners[ORIGIN_LISTENERS];
    unsigned listening; // how many of them do
    uv_prepare_t before_poll;
    uv_timer_t every_second; // with a guard
    uv_async_t end;          // another thread wants it to end
    bool loop_made, timers_made;
    struct origin_shared shared;
    struct origin_guard guard; // where it is guarded
};

// Everything that can fail before a port is asked for; `shared` knows its counters, config, ready, index and who else there is;
// `lease` is that of all workers. On failure what was made is
// there for the release to see. 0 or -errno.
int origin_worker_init(struct origin_worker *worker, struct origin_lease *lease);

// Listens on `port`, 0: the kernel chooses, and says on which. `first`: alone, until it listens (-EADDRINUSE); else beside those
// who do, which all are workers where `workers` of the config is above 1. `tls`: what is spoken there; NULL: none. 0 or -errno.
int origin_worker_listen(struct origin_worker *worker, uint16_t port, bool first, struct origin_tls *tls,
                         uint16_t *ret_port);

// Serves until origin_worker_end() is called, from any thread.
void origin_worker_run(struct origin_worker *worker);
void origin_worker_end(struct origin_worker *worker);

// Closes its connections and its loop. Also one that is zero, or half made.
void origin_worker_release(struct origin_worker *worker);

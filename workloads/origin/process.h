// SPDX-License-Identifier: MIT
// The origin as a child of the run: started once, on cores of its own, ready when it says so, gone with its parent.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "measure/base/cpus.h"
#include "measure/supervisor.h"
#include "workloads/origin/origin.h"

struct origin_process {
    pid_t pid;                            // 0: none runs
    char url[64];                         // "http://127.0.0.1:40123"
    bool tls;                             // it speaks TLS as well
    char tls_url[64];                     // "https://127.0.0.1:40124"
    char certificate[ORIGIN_CERTIFICATE]; // PEM, to be trusted
    unsigned workers;                     // that it has
    struct origin_counters *counters;     // of each, shared with it; NULL before the first start
};

// A reading of its counters and its CPU time.
struct origin_reading {
    uint64_t cpu_ns, connections, requests, bytes, tls_connections, tls_handshakes, tls_resumed;
    unsigned workers;                            // 0: none is there
    uint64_t worker_cpu_ns[ORIGIN_WORKERS_MOST]; // of each of several; 0 where the kernel does not say
    uint64_t busiest_cpu_ns;                     // of what came since another
};

#define ORIGIN_HOW (SUPERVISOR_HOW + 80)

// Forks the origin onto `cpus` and waits until its `workers` serve, with `tls` HTTPS as well. 0; -EINTR where a signal for ccbench
// came first; or -errno, with `how` saying what happened, to be put behind "the server ".
int origin_process_start(struct origin_process *origin, const struct cpus *cpus, unsigned workers, bool tls,
                         uint64_t seed, char how[ORIGIN_HOW]);

// Whether it has ended within `patience_ns`, by itself; then `how` says so, to be put behind "the server ". One that is
// seen to fail is not gone yet: it closes its connections first. There is none then.
bool origin_process_ended(struct origin_process *origin, uint64_t patience_ns, char how[SUPERVISOR_HOW]);

// False when it has died since.
bool origin_process_alive(struct origin_process *origin);
void origin_process_stop(struct origin_process *origin);

// Waits until every request has been answered or given up, and every handshake done or given up, at most a fifth of a
// second: a client may have read the last byte before the origin has counted it.
void origin_process_settle(const struct origin_process *origin);

// Waits until each worker has taken in what came before, at most some seconds: connections that a client gave up may still be in
// its queue, and are not the next trial's. 0, also where none runs, or where it is slower than that; or -errno where it could not
// be asked, with `how` saying so, to be put behind "the server ".
int origin_process_catch_up(const struct origin_process *origin, char how[ORIGIN_HOW]);

void origin_process_read(const struct origin_process *origin, struct origin_reading *ret_reading);

// CPU time between two readings of the worker that worked most; where the kernel does not tell, an even part of all.
uint64_t origin_reading_busiest_ns(const struct origin_reading *before, const struct origin_reading *now);

// The same, of what came since an earlier reading.
void origin_process_read_since(const struct origin_process *origin, const struct origin_reading *before,
                               struct origin_reading *ret_used);

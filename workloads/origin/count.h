// SPDX-License-Identifier: MIT
// What the connections of one worker share, and the counting of what they do. Whenever nothing is in flight,
// requests = responses + aborted, and while no client is shaking hands tls_connections = tls_handshakes + tls_resumed +
// tls_failed.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "measure/base/rng.h"
#include "measure/base/timers.h"
#include "workloads/origin/guard.h"
#include "workloads/origin/origin.h"

// The most that is read at once, and that is kept of a client that sends on before it has its answers, bytes.
#define ORIGIN_INBOX_SIZE 65536

struct origin_shared {
    struct timers timers;
    struct origin_counters *counters;  // its own
    const struct origin_counters *all; // of each of so many workers
    unsigned workers, index;
    int descriptors;                    // a connection's is below it; those that are left are for refusing others
    struct rng rng;                     // of the spread delays
    uint64_t in_flight;                 // requests received and not yet answered
    char *pattern;                      // ORIGIN_PATTERN_SIZE bytes, never written once the first connection is there
    char *inbox;                        // ORIGIN_INBOX_SIZE bytes: what is read is used up or kept before the next read
    struct origin_guard *const *guards; // of each worker, where there are any
    struct origin_guard *guard;         // NULL: none, whoever connects is the run
    uint64_t trial;                     // whose requests are counted; another one's no more
    const struct origin_ready *ready;   // where it serves; NULL: not yet
    const struct origin_config *config;
};

// Whether a connection is counted when it comes; else with its first request of the trial under way.
static inline bool origin_counts_at_once(const struct origin_shared *shared)
{
    return shared->guard == NULL || !origin_guard_apart(shared->guard);
}

// The worker is the only writer: a load and a store, no locked instruction.
static inline void origin_count(_Atomic uint64_t *counter, uint64_t more)
{
    const uint64_t before = atomic_load_explicit(counter, memory_order_relaxed);

    atomic_store_explicit(counter, before + more, memory_order_relaxed);
}

static inline void origin_count_connection(struct origin_shared *shared, bool tls)
{
    origin_count(&shared->counters->connections, 1);
    if (tls)
        origin_count(&shared->counters->tls_connections, 1);
}

// A handshake is over.
static inline void origin_count_handshake(struct origin_shared *shared, bool resumed)
{
    origin_count(resumed ? &shared->counters->tls_resumed : &shared->counters->tls_handshakes, 1);
}

// Its connection closed before that.
static inline void origin_count_no_handshake(struct origin_shared *shared)
{
    origin_count(&shared->counters->tls_failed, 1);
}

// A whole request is there.
static inline void origin_count_begun(struct origin_shared *shared)
{
    _Atomic uint64_t *peak = &shared->counters->in_flight_peak;

    origin_count(&shared->counters->requests, 1);
    if (++shared->in_flight > atomic_load_explicit(peak, memory_order_relaxed))
        atomic_store_explicit(peak, shared->in_flight, memory_order_relaxed);
}

// The kernel has its whole answer, `bytes` of it the body.
static inline void origin_count_answered(struct origin_shared *shared, uint64_t bytes)
{
    shared->in_flight--;
    origin_count(&shared->counters->responses, 1);
    origin_count(&shared->counters->bytes, bytes);
}

// Its connection closed before that, by the client or by /reset.
static inline void origin_count_aborted(struct origin_shared *shared)
{
    shared->in_flight--;
    origin_count(&shared->counters->aborted, 1);
}

// All begins anew, for another trial; it is of that one from then on, for whoever adds up.
static inline void origin_count_anew(struct origin_shared *shared, uint64_t trial)
{
    struct origin_counters *all = shared->counters;
    _Atomic uint64_t *const counters[] = {
        &all->connections,    &all->requests,        &all->responses,      &all->bytes,       &all->aborted,
        &all->in_flight_peak, &all->tls_connections, &all->tls_handshakes, &all->tls_resumed, &all->tls_failed};

    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        atomic_store_explicit(counters[i], 0, memory_order_relaxed);
    shared->in_flight = 0;
    shared->trial = trial;
    atomic_store_explicit(&all->trial, trial, memory_order_release);
}

// Whenever something is to be counted or answered: as the lease now is.
static inline void origin_follow(struct origin_shared *shared)
{
    uint64_t trial, seed;
    bool is_new;

    if (shared->guard == NULL || !origin_guard_behind(shared->guard, shared->trial))
        return;
    trial = origin_guard_follow(shared->guard, &is_new, &seed);
    if (is_new)
        shared->rng.state = seed + shared->index;
    origin_count_anew(shared, trial);
}

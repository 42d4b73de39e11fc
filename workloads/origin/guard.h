// SPDX-License-Identifier: MIT
// Who may do what at an origin that others can reach. One run at a time has a lease, for as long as the connection is open
// over which it took it; the requests of its trial under way begin with a marker that only it knows, and are all that is
// counted. With a token nobody else gets more than a small page, or for longer than a moment. An origin that ccbench starts
// for itself has no guard.
//
// Each worker has a guard. What they share is the lease: it is changed under its lock, seldom, by whichever worker is asked to.
// Each change gives the trial another number, by which the others see with their next request or connection that they have to
// follow: one read of what hardly ever is written. Until then what they count is of the number before, which nobody adds up.
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "measure/base/rng.h"
#include "workloads/origin/origin.h"
#include "workloads/origin/path.h"

// Of what a run and an origin say to each other (workloads/origin/control.h): another number is not understood.
#define ORIGIN_PROTOCOL 1

// "/r/" and 64 bits of the kernel's randomness.
#define ORIGIN_MARKER 20
// What a run calls itself, so that it can have its lease again when its connection was lost.
#define ORIGIN_RUN 33

// A whole request has to be there within so many seconds, the answer of a stranger has to be taken within them.
#define ORIGIN_PATIENCE_S 10
// The longest request, the body included, of whoever does not show the token, bytes.
#define ORIGIN_REQUEST_MOST (UINT64_C(1) << 20)
// The most that such a one can ask for.
#define ORIGIN_STRANGER_BYTES (UINT64_C(1) << 20)
#define ORIGIN_STRANGER_DELAY_NS (UINT64_C(10) * 1000000000)

struct origin_guard;

// What is known of a connection.
struct origin_guest {
    struct origin_guard *guard;         // whose it is
    struct origin_guest *older, *newer; // of the strangers; NULL: none, or it is not among them
    bool stranger;                      // has shown neither token nor marker
    bool had_lease;                     // or has it
    unsigned waited_s;                  // for it: to send a request, or to take an answer
};

// What others did, since the lease was taken. Written by one worker (relaxed atomic stores), read by all.
struct origin_strangers {
    _Atomic uint64_t connections; // that showed neither token nor marker
    _Atomic uint64_t requests;    // without the marker
    _Atomic uint64_t refused;     // of those
    _Atomic uint64_t dropped;     // connections that were closed: too slow, too large, too many
};

struct origin_lease {
    pthread_mutex_t lock;                       // of what follows, but what is atomic may be read without
    struct origin_guest *_Atomic holder;        // NULL: nobody
    char run[ORIGIN_RUN];                       // the holder's
    time_t since;                               // it has it
    uint64_t seed;                              // its spread delays'
    uint64_t number;                            // how many leases there were
    char marker[ORIGIN_MARKER];                 // of the trial under way; "": there is none
    _Atomic uint64_t trial;                     // another with each change of all that
    _Alignas(128) _Atomic unsigned connections; // that are here
    unsigned most;                              // that may be
};

struct origin_guard {
    struct origin_lease *lease;
    char token[ORIGIN_TOKEN];   // padded with zeros; "": none is asked for
    char marker[ORIGIN_MARKER]; // of the trial that it follows
    struct rng rng;             // of strangers' delays
    struct origin_strangers strangers;
    _Atomic uint64_t number;              // the lease that they are of
    struct origin_guest *oldest, *newest; // strangers that are here
    struct origin_guest *evicted; // has lost its lease to a guest of another worker; under the lease's lock; NULL: none
};

// As many connections as descriptors allow, but a few, and at most 65536.
void origin_lease_init(struct origin_lease *lease);

// `token`: NULL or shorter than ORIGIN_TOKEN.
void origin_guard_init(struct origin_guard *guard, struct origin_lease *lease, const char *token);

// Counts what a stranger did, of this guard's worker.
static inline void origin_guard_note(_Atomic uint64_t *of)
{
    atomic_store_explicit(of, atomic_load_explicit(of, memory_order_relaxed) + 1, memory_order_relaxed);
}

// Whether what stands in an Authorization field is the token ("Bearer …"), or none is asked for. Takes as long whatever it is.
bool origin_guard_admits(const struct origin_guard *guard, const char authorization[ORIGIN_AUTHORIZATION]);

// Whether strangers are to be told apart: there is a token, or a lease.
static inline bool origin_guard_apart(const struct origin_guard *guard)
{
    return guard->token[0] != '\0' || atomic_load_explicit(&guard->lease->holder, memory_order_acquire) != NULL;
}

// A connection has come; is known not to be a stranger's; has gone: then its lease has, if it had one, which is returned.
void origin_guard_arrived(struct origin_guard *guard, struct origin_guest *guest);
void origin_guard_known(struct origin_guard *guard, struct origin_guest *guest);
bool origin_guard_left(struct origin_guard *guard, struct origin_guest *guest);

// Whether one more may come; if not, *ret_oldest (may become NULL) is a stranger that has waited for a second or more and
// may go instead.
bool origin_guard_has_room(const struct origin_guard *guard, struct origin_guest **ret_oldest);

// Whether the lease has changed since the trial of that number.
static inline bool origin_guard_behind(const struct origin_guard *guard, uint64_t trial)
{
    return atomic_load_explicit(&guard->lease->trial, memory_order_acquire) != trial;
}

// Follows it. Returns the number of the trial; with a lease that is new to it *ret_seed is that one's.
uint64_t origin_guard_follow(struct origin_guard *guard, bool *ret_new, uint64_t *ret_seed);

// Gives the lease to the run; its earlier connection, if it has one of this worker, is *ret_former, else that is NULL; one of another is
// evicted there. 0; -EBUSY: another run has it, since *ret_since.
int origin_guard_lease(struct origin_guard *guard, struct origin_guest *guest, const char *run, uint64_t seed,
                       struct origin_guest **ret_former, time_t *ret_since);

// Draws a new marker for the guest's next trial. 0; -EBUSY: it has no lease; or -errno of the kernel's randomness.
int origin_guard_mark(struct origin_guard *guard, const struct origin_guest *guest);

// The guest that has been evicted since the last time, which is to be closed; NULL: none.
struct origin_guest *origin_guard_evicted(struct origin_guard *guard);

// Whether the target begins with the marker; it is cut off then.
bool origin_guard_marked(const struct origin_guard *guard, const char **target, size_t *length);

// Whether a stranger may be answered so.
bool origin_guard_allows(const struct origin_path *path);

// Fills `text` with `size` - 1 hexadecimal digits of the kernel's randomness. 0 or -errno.
int origin_guard_random(char *text, size_t size);

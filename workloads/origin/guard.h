// SPDX-License-Identifier: MIT
// Who may do what at an origin that others can reach. One run at a time has a lease, for as long as the connection is open
// over which it took it; the requests of its trial under way begin with a marker that only it knows, and are all that is
// counted. With a token nobody else gets more than a small page, or for longer than a moment. An origin that ccbench starts
// for itself has no guard.
#pragma once

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

// What is known of a connection.
struct origin_guest {
    struct origin_guest *older, *newer; // of the strangers; NULL: none, or it is not among them
    bool stranger;                      // has shown neither token nor marker
    unsigned waited_s;                  // for it: to send a request, or to take an answer
};

// What others did, since the lease was taken.
struct origin_strangers {
    uint64_t connections; // that showed neither token nor marker
    uint64_t requests;    // without the marker
    uint64_t refused;     // of those
    uint64_t dropped;     // connections that were closed: too slow, too large, too many
};

struct origin_guard {
    char token[ORIGIN_TOKEN];    // padded with zeros; "": none is asked for
    struct origin_guest *holder; // of the lease; NULL: nobody
    char run[ORIGIN_RUN];        // the holder's
    time_t since;                // it has it
    char marker[ORIGIN_MARKER];  // of the trial under way; "": there is none
    struct rng rng;              // of strangers' delays
    struct origin_strangers strangers;
    struct origin_guest *oldest, *newest; // strangers that are here
    unsigned connections, most;           // that are here; that may be
};

// `token`: NULL or shorter than ORIGIN_TOKEN. As many connections as descriptors allow, but a few, and at most 65536.
void origin_guard_init(struct origin_guard *guard, const char *token);

// Whether what stands in an Authorization field is the token ("Bearer …"), or none is asked for. Takes as long whatever it is.
bool origin_guard_admits(const struct origin_guard *guard, const char authorization[ORIGIN_AUTHORIZATION]);

// Whether strangers are to be told apart: there is a token, or a lease.
static inline bool origin_guard_apart(const struct origin_guard *guard)
{
    return guard->token[0] != '\0' || guard->holder != NULL;
}

// A connection has come; is known not to be a stranger's; has gone: then its lease has, if it had one, which is returned.
void origin_guard_arrived(struct origin_guard *guard, struct origin_guest *guest);
void origin_guard_known(struct origin_guard *guard, struct origin_guest *guest);
bool origin_guard_left(struct origin_guard *guard, struct origin_guest *guest);

// Whether one more may come; if not, *ret_oldest (may become NULL) is a stranger that has waited for a second or more and
// may go instead.
bool origin_guard_has_room(const struct origin_guard *guard, struct origin_guest **ret_oldest);

// Gives the lease to the run; its earlier connection, if it has one, is *ret_former, else that is NULL. 0; -EBUSY: another
// run has it.
int origin_guard_lease(struct origin_guard *guard, struct origin_guest *guest, const char *run,
                       struct origin_guest **ret_former);

// Draws a new marker. 0 or -errno of the kernel's randomness.
int origin_guard_mark(struct origin_guard *guard);

// Whether the target begins with the marker; it is cut off then.
bool origin_guard_marked(const struct origin_guard *guard, const char **target, size_t *length);

// Whether a stranger may be answered so.
bool origin_guard_allows(const struct origin_path *path);

// Fills `text` with `size` - 1 hexadecimal digits of the kernel's randomness. 0 or -errno.
int origin_guard_random(char *text, size_t size);

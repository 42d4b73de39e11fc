// SPDX-License-Identifier: MIT
#include "workloads/origin/guard.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

// Descriptors that are no connection's.
#define SPARE_DESCRIPTORS 64
#define CONNECTIONS_MOST 65536

void origin_lease_init(struct origin_lease *lease)
{
    struct rlimit files = {.rlim_cur = CONNECTIONS_MOST};

    *lease = (struct origin_lease){.lock = PTHREAD_MUTEX_INITIALIZER, .most = CONNECTIONS_MOST};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < CONNECTIONS_MOST + SPARE_DESCRIPTORS)
        lease->most = files.rlim_cur > 2ul * SPARE_DESCRIPTORS ? (unsigned)files.rlim_cur - SPARE_DESCRIPTORS
                                                               : (unsigned)files.rlim_cur / 2;
}

void origin_guard_init(struct origin_guard *guard, struct origin_lease *lease, const char *token)
{
    *guard = (struct origin_guard){.lease = lease};
    if (token != NULL)
        memcpy(guard->token, token, strnlen(token, ORIGIN_TOKEN - 1));
}

bool origin_guard_admits(const struct origin_guard *guard, const char authorization[ORIGIN_AUTHORIZATION])
{
    static const char scheme[] = "bearer ";
    const size_t at = sizeof scheme - 1;
    char shown[ORIGIN_TOKEN] = "";
    unsigned char differs = 0;

    if (strncasecmp(authorization, scheme, at) == 0)
        memcpy(shown, authorization + at, strnlen(authorization + at, ORIGIN_TOKEN - 1));
    for (size_t i = 0; i < sizeof shown; i++)
        differs |= (unsigned char)(shown[i] ^ guard->token[i]);
    return differs == 0 || guard->token[0] == '\0';
}

void origin_guard_arrived(struct origin_guard *guard, struct origin_guest *guest)
{
    atomic_fetch_add_explicit(&guard->lease->connections, 1, memory_order_relaxed);
    guest->guard = guard;
    guest->stranger = true;
    guest->older = guard->newest;
    *(guard->newest != NULL ? &guard->newest->newer : &guard->oldest) = guest;
    guard->newest = guest;
    if (origin_guard_apart(guard))
        origin_guard_note(&guard->strangers.connections);
}

// Off the list.
static void take_out(struct origin_guard *guard, struct origin_guest *guest)
{
    *(guest->older != NULL ? &guest->older->newer : &guard->oldest) = guest->newer;
    *(guest->newer != NULL ? &guest->newer->older : &guard->newest) = guest->older;
    guest->older = guest->newer = NULL;
    guest->stranger = false;
}

void origin_guard_known(struct origin_guard *guard, struct origin_guest *guest)
{
    uint64_t counted;

    if (!guest->stranger)
        return;
    take_out(guard, guest);
    counted = atomic_load_explicit(&guard->strangers.connections, memory_order_relaxed);
    atomic_store_explicit(&guard->strangers.connections, counted - (counted > 0), memory_order_relaxed);
}

// With the lock: the lease is another from now on, or its trial.
static void change(struct origin_lease *lease)
{
    const uint64_t trial = atomic_load_explicit(&lease->trial, memory_order_relaxed);

    atomic_store_explicit(&lease->trial, trial + 1, memory_order_release);
}

bool origin_guard_left(struct origin_guard *guard, struct origin_guest *guest)
{
    struct origin_lease *lease = guard->lease;
    bool held;

    atomic_fetch_sub_explicit(&lease->connections, 1, memory_order_relaxed);
    if (guest->stranger)
        take_out(guard, guest);
    if (!guest->had_lease)
        return false;
    pthread_mutex_lock(&lease->lock);
    held = lease->holder == guest;
    if (held) {
        atomic_store_explicit(&lease->holder, NULL, memory_order_release);
        lease->marker[0] = '\0';
        change(lease);
    }
    if (guard->evicted == guest)
        guard->evicted = NULL;
    pthread_mutex_unlock(&lease->lock);
    return held;
}

bool origin_guard_has_room(const struct origin_guard *guard, struct origin_guest **ret_oldest)
{
    *ret_oldest = guard->oldest != NULL && guard->oldest->waited_s > 0 ? guard->oldest : NULL;
    return atomic_load_explicit(&guard->lease->connections, memory_order_relaxed) < guard->lease->most;
}

uint64_t origin_guard_follow(struct origin_guard *guard, bool *ret_new, uint64_t *ret_seed)
{
    struct origin_lease *lease = guard->lease;
    uint64_t trial;

    pthread_mutex_lock(&lease->lock);
    trial = atomic_load_explicit(&lease->trial, memory_order_relaxed);
    *ret_new = atomic_load_explicit(&guard->number, memory_order_relaxed) != lease->number;
    *ret_seed = lease->seed;
    memcpy(guard->marker, lease->marker, sizeof guard->marker);
    if (*ret_new) {
        atomic_store_explicit(&guard->strangers.connections, 0, memory_order_relaxed);
        atomic_store_explicit(&guard->strangers.requests, 0, memory_order_relaxed);
        atomic_store_explicit(&guard->strangers.refused, 0, memory_order_relaxed);
        atomic_store_explicit(&guard->strangers.dropped, 0, memory_order_relaxed);
        atomic_store_explicit(&guard->number, lease->number, memory_order_release);
    }
    pthread_mutex_unlock(&lease->lock);
    return trial;
}

// With the lock, as what is done with it always is: copies, and no more.
static void hand_over(struct origin_lease *lease, struct origin_guest *guest, const char *run, uint64_t seed)
{
    if (lease->holder == NULL || strcmp(run, lease->run) != 0)
        lease->since = time(NULL);
    memcpy(lease->run, run, strnlen(run, ORIGIN_RUN - 1) + 1);
    lease->marker[0] = '\0';
    lease->seed = seed;
    lease->number++;
    guest->had_lease = true;
    atomic_store_explicit(&lease->holder, guest, memory_order_release);
    change(lease);
}

int origin_guard_lease(struct origin_guard *guard, struct origin_guest *guest, const char *run, uint64_t seed,
                       struct origin_guest **ret_former, time_t *ret_since)
{
    struct origin_lease *lease = guard->lease;
    struct origin_guest *former;
    int err = 0;

    *ret_former = NULL;
    pthread_mutex_lock(&lease->lock);
    former = lease->holder != guest ? lease->holder : NULL;
    *ret_since = lease->since;
    if (lease->holder != NULL && strcmp(run, lease->run) != 0)
        err = -EBUSY;
    else
        hand_over(lease, guest, run, seed);
    if (err == 0 && former != NULL && former->guard == guard)
        *ret_former = former;
    else if (err == 0 && former != NULL)
        former->guard->evicted = former;
    pthread_mutex_unlock(&lease->lock);
    return err;
}

struct origin_guest *origin_guard_evicted(struct origin_guard *guard)
{
    struct origin_guest *guest;

    pthread_mutex_lock(&guard->lease->lock);
    guest = guard->evicted;
    guard->evicted = NULL;
    pthread_mutex_unlock(&guard->lease->lock);
    return guest;
}

int origin_guard_random(char *text, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[64];
    const size_t n = size - 1 < sizeof bytes ? size - 1 : sizeof bytes;

    // So few come at once, and whole.
    if (getrandom(bytes, n, 0) != (ssize_t)n)
        return errno != 0 ? -errno : -EIO;
    for (size_t i = 0; i < n; i++)
        text[i] = digits[bytes[i] & 15];
    text[n] = '\0';
    return 0;
}

int origin_guard_mark(struct origin_guard *guard, const struct origin_guest *guest)
{
    struct origin_lease *lease = guard->lease;
    char marker[ORIGIN_MARKER] = "/r/";
    int err = origin_guard_random(marker + strlen(marker), sizeof marker - strlen(marker));

    if (err != 0)
        return err;
    pthread_mutex_lock(&lease->lock);
    if (atomic_load_explicit(&lease->holder, memory_order_relaxed) == guest) {
        memcpy(lease->marker, marker, sizeof lease->marker);
        change(lease);
    } else {
        err = -EBUSY;
    }
    pthread_mutex_unlock(&lease->lock);
    return err;
}

bool origin_guard_marked(const struct origin_guard *guard, const char **target, size_t *length)
{
    const size_t marker = ORIGIN_MARKER - 1;

    if (guard->marker[0] == '\0' || *length <= marker || memcmp(*target, guard->marker, marker) != 0)
        return false;
    *target += marker;
    *length -= marker;
    return true;
}

bool origin_guard_allows(const struct origin_path *path)
{
    return !path->stats && !path->reset && path->bytes <= ORIGIN_STRANGER_BYTES &&
           path->delay_high_ns <= ORIGIN_STRANGER_DELAY_NS;
}

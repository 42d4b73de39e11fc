// SPDX-License-Identifier: MIT
#include "workloads/origin/guard.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

// Descriptors that are no connection's.
#define SPARE_DESCRIPTORS 64
#define CONNECTIONS_MOST 65536

void origin_guard_init(struct origin_guard *guard, const char *token)
{
    struct rlimit files = {.rlim_cur = CONNECTIONS_MOST};

    *guard = (struct origin_guard){.most = CONNECTIONS_MOST};
    if (token != NULL)
        memcpy(guard->token, token, strnlen(token, ORIGIN_TOKEN - 1));
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < CONNECTIONS_MOST + SPARE_DESCRIPTORS)
        guard->most = files.rlim_cur > 2ul * SPARE_DESCRIPTORS ? (unsigned)files.rlim_cur - SPARE_DESCRIPTORS
                                                               : (unsigned)files.rlim_cur / 2;
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
    guard->connections++;
    guest->stranger = true;
    guest->older = guard->newest;
    *(guard->newest != NULL ? &guard->newest->newer : &guard->oldest) = guest;
    guard->newest = guest;
    guard->strangers.connections += origin_guard_apart(guard);
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
    if (!guest->stranger)
        return;
    take_out(guard, guest);
    guard->strangers.connections -= guard->strangers.connections > 0;
}

bool origin_guard_left(struct origin_guard *guard, struct origin_guest *guest)
{
    bool held = guard->holder == guest;

    guard->connections--;
    if (guest->stranger)
        take_out(guard, guest);
    if (held) {
        guard->holder = NULL;
        guard->marker[0] = '\0';
    }
    return held;
}

bool origin_guard_has_room(const struct origin_guard *guard, struct origin_guest **ret_oldest)
{
    *ret_oldest = guard->oldest != NULL && guard->oldest->waited_s > 0 ? guard->oldest : NULL;
    return guard->connections < guard->most;
}

int origin_guard_lease(struct origin_guard *guard, struct origin_guest *guest, const char *run,
                       struct origin_guest **ret_former)
{
    bool again = strcmp(run, guard->run) == 0;

    *ret_former = guard->holder != guest ? guard->holder : NULL;
    if (guard->holder != NULL && !again)
        return -EBUSY;
    if (guard->holder == NULL || !again)
        guard->since = time(NULL);
    guard->holder = guest;
    guard->marker[0] = '\0';
    memcpy(guard->run, run, strnlen(run, ORIGIN_RUN - 1) + 1);
    return 0;
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

int origin_guard_mark(struct origin_guard *guard)
{
    static const char folder[] = "/r/";
    const size_t at = sizeof folder - 1;

    memcpy(guard->marker, folder, at);
    return origin_guard_random(guard->marker + at, sizeof guard->marker - at);
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

// SPDX-License-Identifier: MIT
// How a reactor fetches: by libcurl's multi interface (sockets_curl.c), or by the bare client (sockets_bare.c). For reactor.c alone,
// whose functions say what is asked of each.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct http_get;
struct reactor;
struct step;

struct fetch_loop {
    // Makes reactor->sockets, for so many lanes; at most `handles` are assigned. 0 or -errno with trial_fail() called; close in any
    // case, which closes all connections.
    int (*open)(struct reactor *reactor, uint32_t lanes, uint32_t handles);
    void (*close)(struct reactor *reactor);
    // Before each poll: true if a fetch has ended by that, or the reactor is broken.
    bool (*kick)(struct reactor *reactor);
    void (*assign)(struct http_get *get, uint32_t lane);
    void (*fetch)(struct http_get *get, const struct step *step); // never calls get->done
    void (*abandon)(struct http_get *get,
                    bool tell); // ends the fetch under way; `tell`: as one that timed out, by get->done
    uint64_t grace_ns;          // by how much a fetch may outlive its time limit before the reactor ends it
};

extern const struct fetch_loop fetch_loop_curl, fetch_loop_bare;

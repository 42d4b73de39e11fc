// SPDX-License-Identifier: MIT
// One lane's HTTP client: a libcurl easy handle that is made once and reused for every fetch of the lane, performed in
// place by the models that block and handed to the reactor by those that do not. The settings are the same for all.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "models/carry/trial.h"

struct fetch_limit;
struct reactor;

struct http_get {
    void *easy;        // CURL *
    const char *url;   // set on the handle; the step's, not owned
    uint64_t received; // body bytes of the answer under way
    uint32_t hash;     // FNV-1a of the body, where bodies are hashed
    bool hashes;
    bool resumes;              // TLS sessions of the lane's earlier connections, where it has more than one
    unsigned attempts;         // of the fetch under way: how often its request was begun, by libcurl's own count too
    int no_socket;             // errno of the last socket that could not be made for it; 0: none
    bool fresh;                // it has a connection of its own, as its step says
    bool again;                // it is being sent again, on a connection of its own
    uint64_t timeout_ns;       // per fetch; 0: none
    _Atomic uint64_t *retries; // of the whole trial
    struct reactor *reactor;   // that performs it; NULL: it blocks
    unsigned multi;            // which of the reactor's multi handles it belongs to
    struct fetch_limit *limit; // reactor only: what ends it where libcurl does not
    uint32_t check;            // reactor only: what the answer adds to the task's checksum, valid in done
    void (*done)(struct http_get *get, int status); // reactor only: the fetch has ended
    void *owner;                                    // the lane
    struct http_get *next_made, *next_spare;        // reactor only, of tasks' children
};

// Maps libcurl, once for a trial that fetches: before anything is timed, and before forking, so that it is mapped once.
// 0 or -errno with trial_fail() called.
int http_load(struct trial *trial);

// libcurl's own state, once for a trial that fetches: outside of the timed part, and before forking, so that workers inherit
// it. Handles and connections are each process's own. 0 or -errno.
int http_global_open(const struct trial *trial);
void http_global_close(void);

// NULL when out of memory, or where ccbench was built without libcurl.
struct http_get *http_get_new(struct trial *trial);

// The same with trial_fail(): 0 or -errno. -ENOSYS where ccbench was built without libcurl.
int http_get_open(struct trial *trial, struct http_get **ret_get);
void http_get_close(struct http_get *get); // accepts NULL

// A socket for an address (struct curl_sockaddr) that libcurl wants to connect to. -1: none could be made, which is why the
// fetch will fail.
int http_get_socket(struct http_get *get, const void *address);

// Prepares the handle for the step's URL.
void http_get_prepare(struct http_get *get, const struct step *step);

// After an attempt: whether the fetch is to be performed once more, for which the handle has then been prepared. So it is
// where a kept-open connection turned out to have been closed before anything of the answer came (RFC 9110, 9.2.2).
bool http_get_again(struct http_get *get, int curl_code);

// After the last attempt: the task's status for curl's result, and in *check what the answer adds to the task's checksum.
int http_get_finish(struct http_get *get, int curl_code, uint32_t *check);

// Instead of finish: nobody waits for it any more.
void http_get_give_up(struct http_get *get);

// Prepares, performs and finishes, blocking.
int http_get_perform(struct http_get *get, const struct step *step, uint32_t *check);

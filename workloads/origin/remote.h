// SPDX-License-Identifier: MIT
// An origin that somebody has started elsewhere (ccbench serve --listen), as a run uses it: it takes the lease, tells it of each
// trial, and reads its counts. All over one connection, by libcurl; what the kernel sends on it meanwhile shows both sides
// within seconds that the other has vanished.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "measure/base/stats.h"
#include "measure/base/url.h"
#include "workloads/origin/guard.h"
#include "workloads/origin/origin.h"
#include "workloads/origin/process.h"

struct cJSON;

#define REMOTE_ERROR 240
#define REMOTE_URL (URL_HOST + 64)
#define REMOTE_BASE (REMOTE_URL - ORIGIN_MARKER)
#define REMOTE_FACT 96

// What others did at it, since the lease was taken.
struct remote_strangers {
    uint64_t connections, requests;
};

struct origin_remote {
    void *easy;                      // CURL *; NULL: not open
    void *token;                     // struct curl_slist *: as it is shown
    int socket;                      // of the connection; -1: none yet
    bool leased;                     // as far as is known
    struct url url;                  // where it is
    char base[REMOTE_BASE];          // "http://10.0.0.2:8080"
    char run[33];                    // what this run calls itself
    uint64_t seed;                   // of its spread delays
    struct cJSON *set_up;            // what it said of itself, at first
    char address[REMOTE_FACT];       // that was connected to
    struct stats_summary round_trip; // ns, of round_trips many requests and answers beforehand
    uint64_t trial;                  // under way there
    char trial_url[REMOTE_URL];      // what fetches begin with, and those by TLS; ""
    char trial_tls_url[REMOTE_URL];  //
    char certificate[ORIGIN_CERTIFICATE];
    struct origin_reading before;   // of the trial under way
    struct remote_strangers others; // when the trial began
};

// Connects, takes the lease and measures the round trip. `url` is http://HOST:PORT, `token` may be NULL. 0; -EINTR where a
// signal for ccbench came first; or -errno with `error`: what is wrong, to be put behind the URL. Closed in any case.
int origin_remote_open(struct origin_remote *remote, const char *url, const char *token, uint64_t seed,
                       char error[REMOTE_ERROR]);
void origin_remote_close(struct origin_remote *remote); // also one that is zero

// Before a trial: takes the lease again, if that was lost; sets trial_url and what belongs to it. 0 or -errno with `error`.
int origin_remote_begin(struct origin_remote *remote, char error[REMOTE_ERROR]);

// After it, once every request has been answered or given up, or after a fifth of a second: what it did for the trial. 0 or
// -errno with `error`; then nothing is known of it.
int origin_remote_read(struct origin_remote *remote, struct origin_reading *ret_used,
                       struct remote_strangers *ret_strangers, char error[REMOTE_ERROR]);

// While a trial runs, at no cost: whether the connection is gone, and so the origin; then `error` says why.
bool origin_remote_gone(struct origin_remote *remote, char error[REMOTE_ERROR]);

// What a report says of it. Owned by the caller.
struct cJSON *origin_remote_describe(const struct origin_remote *remote);

// SPDX-License-Identifier: MIT
// What the bare client asks for: of each URL of a trial the request as bytes, and where its server is. Made once, in set-up, so that
// a fetch looks up and formats nothing.
#pragma once

#include <stddef.h>

#include "models/carry/trial.h"
#include "workloads/origin/server_address.h"

struct http_server {
    char *authority;               // host and port, as a URL has them; its servers have a connection of their own each
    struct server_address address; // none where the host is not known
};

struct http_target {
    const char *url; // the step's, not owned
    char *request;
    size_t length; // of it
    unsigned server;
};

struct http_targets {
    struct http_target *of; // by the address of their URLs
    unsigned count;
    struct http_server *servers;
    unsigned server_count;
};

// Of all that the trial's tasks fetch. 0 or -errno with trial_fail() called; close in any case.
int http_targets_open(struct trial *trial, struct http_targets **ret_targets);
void http_targets_close(struct http_targets *targets); // accepts NULL

// The one of a step's URL; NULL where that is none.
const struct http_target *http_targets_find(const struct http_targets *targets, const char *url);

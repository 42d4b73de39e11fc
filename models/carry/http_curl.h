// SPDX-License-Identifier: MIT
// Fetching by libcurl: an easy handle for each lane, made once and reused. The settings are the same for all.
#pragma once

#include "models/carry/http_get.h"

struct http_curl {
    struct http_get get;
    void *easy;        // CURL *
    const char *url;   // set on the handle; the step's, not owned
    bool resumes;      // TLS sessions of the lane's earlier connections, where it has more than one
    unsigned attempts; // of the fetch under way: how often its request was begun, by libcurl's own count too
    int no_socket;     // errno of the last socket that could not be made for it; 0: none
    bool fresh;        // it has a connection of its own, as its step says
    bool again;        // it is being sent again, on a connection of its own
    unsigned multi;    // reactor only: which of its multi handles it belongs to
};

static inline struct http_curl *http_curl_of(struct http_get *get)
{
    return (struct http_curl *)get; // its first member
}

// For sockets_curl.c too.

// A socket for an address (struct curl_sockaddr) that libcurl wants to connect to. -1: none could be made, which is why the
// fetch will fail.
int http_curl_socket(struct http_curl *curl, const void *address);

// Prepares the handle for the step's URL.
void http_curl_prepare(struct http_curl *curl, const struct step *step);

// After an attempt: whether the fetch is to be performed once more, for which the handle has then been prepared. So it is
// where a kept-open connection turned out to have been closed before anything of the answer came (RFC 9110, 9.2.2).
bool http_curl_again(struct http_curl *curl, int curl_code);

// After the last attempt: the task's status for curl's result, and in *check what the answer adds to the task's checksum.
int http_curl_finish(struct http_curl *curl, int curl_code, uint32_t *check);

// Instead of finish: nobody waits for it any more.
void http_curl_give_up(struct http_curl *curl);

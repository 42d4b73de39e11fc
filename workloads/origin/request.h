// SPDX-License-Identifier: MIT
// Reads HTTP requests out of a connection's bytes, however they are cut. Of a request it keeps what an answer depends
// on: the URL, HEAD or not, whether the connection stays. Headers are passed over, bodies are read and forgotten.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "measure/base/http_message.h"
#include "workloads/origin/answer.h"
#include "workloads/origin/origin.h"

// Longer than any path the origin knows; of a longer URL the beginning decides.
#define ORIGIN_URL_SIZE 256

struct origin_request {
    // Called with each whole request. False: read no further, the answer takes time.
    bool (*on_complete)(struct origin_request *request);
    // Called when the client waits for leave to send its body ("Expect: 100-continue"). False: read no further.
    bool (*on_expect)(struct origin_request *request);
    bool repeated; // valid in on_complete: the URL is the one of the request before

    http_message message;
    bool differs;        // the URL, as far as it came, is not the one before
    bool in_value;       // of a header field
    bool expects;        // has an Expect field
    unsigned candidates; // bit by bit, the fields that are looked for and that the name under way may still be
    size_t name_length;  // letters that it has so far
    size_t shown;        // bytes of `authorization`
    char authorization[ORIGIN_AUTHORIZATION]; // what an Authorization field says; ""; or what is too long for any token
    size_t head;                              // bytes of its URL and fields so far: at most HTTP_MESSAGE_HEAD
    size_t seen;                              // bytes of this request's URL so far, at most ORIGIN_URL_SIZE
    size_t url_length;                        // of the last whole request
    char url[ORIGIN_URL_SIZE];
};

void origin_request_init(struct origin_request *request, bool (*on_complete)(struct origin_request *request),
                         bool (*on_expect)(struct origin_request *request));

// Reads from `data`; returns how many bytes were used up, fewer than `length` only after a callback returned false or
// with *ret_malformed: what came is not HTTP, and nothing after it can be read.
size_t origin_request_read(struct origin_request *request, const char *data, size_t length, bool *ret_malformed);

// What the last whole request asks for, the path and what follows it, in either form of target ("/reset",
// "http://host/reset"); it stays the request's. 0 or -EINVAL.
int origin_request_target(const struct origin_request *request, const char **ret_target, size_t *ret_length);

bool origin_request_is_head(const struct origin_request *request);

// Valid in on_complete.
enum origin_persistence origin_request_persistence(const struct origin_request *request);

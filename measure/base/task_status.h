// SPDX-License-Identifier: MIT
// How a task ended, in 16 bits: 0, an HTTP status, an errno, a CURLcode or what a user's function raised.
#pragma once

#include <stdint.h>

enum {
    TASK_STATUS_OK = 0,        // 100 … 599 are the HTTP status itself
    TASK_STATUS_ERRNO = 1000,  // + errno
    TASK_STATUS_CURL = 2000,   // + CURLcode
    TASK_STATUS_BODY = 3000,   // the body was not the one expected
    TASK_STATUS_RAISED = 4000, // + the place, among the result's "exceptions", of the name of what a function raised
};

// How a fetch fails by ccbench's own client, beside an errno: as libcurl calls it.
enum {
    TASK_CURL_URL_MALFORMAT = 3,
    TASK_CURL_COULDNT_RESOLVE_HOST = 6,
    TASK_CURL_COULDNT_CONNECT = 7,
    TASK_CURL_WEIRD_SERVER_REPLY = 8,
    TASK_CURL_PARTIAL_FILE = 18,
    TASK_CURL_OPERATION_TIMEDOUT = 28,
    TASK_CURL_GOT_NOTHING = 52,
    TASK_CURL_SEND_ERROR = 55,
    TASK_CURL_RECV_ERROR = 56,
};

// The status of a task that ended with an errno, such as EPIPE.
static inline uint16_t task_status_from_errno(int error)
{
    return (uint16_t)(TASK_STATUS_ERRNO + error);
}

// For people: "HTTP 503", "Connection refused", "timed out". Writes at most `size` bytes, returns `buf`.
char *task_status_describe(uint16_t status, char *buf, unsigned size);

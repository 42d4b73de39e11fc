// SPDX-License-Identifier: MIT
// How a task ended, in 16 bits: 0, an HTTP status, an errno or a CURLcode.
#ifndef CCBENCH_MEASURE_STATUS_H
#define CCBENCH_MEASURE_STATUS_H

#include <stdint.h>

enum {
    STATUS_OK = 0,
    STATUS_HTTP = 0,      // 100 … 599: the HTTP status itself
    STATUS_ERRNO = 1000,  // 1000 + errno
    STATUS_CURL = 2000,   // 2000 + CURLcode
    STATUS_BODY = 3000,   // the body was not the one expected
};

static inline uint16_t status_from_errno(int error)
{
    return (uint16_t)(STATUS_ERRNO + error);
}

// For people: "HTTP 503", "Connection refused", "timed out". Writes at most `size` bytes, returns `buf`.
char *status_describe(uint16_t status, char *buf, unsigned size);

#endif

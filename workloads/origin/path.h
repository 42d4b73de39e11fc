// SPDX-License-Identifier: MIT
// The HTTP origin's paths, read the same way by the origin that serves them and the oracle that predicts them:
//   /bytes/N   /delay/10ms   /delay/10ms~50ms   /delay/10ms/bytes/4k   /status/503   /reset   /stats   /
// Parts may be combined in any order, each once: /delay/10ms/status/503. /stats stands alone.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "measure/base/rng.h"

// Body of an answer without /bytes: "Hello, world!", 13 bytes.
#define ORIGIN_DEFAULT_BYTES 13
#define ORIGIN_MAX_BYTES (UINT64_C(1) << 30)

struct origin_path {
    uint64_t delay_low_ns, delay_high_ns; // equal where there is no spread
    uint64_t bytes;                       // of the body; 0 where the status has none
    unsigned status;                      // 100 … 599
    bool has_delay;
    bool reset; // close in mid-answer
    bool stats; // answer with the origin's counters
};

// Answers with these statuses never have a body (RFC 9110, sections 15.2, 15.3.5 and 15.4.5).
static inline bool origin_status_has_body(unsigned status)
{
    return status >= 200 && status != 204 && status != 304;
}

// Parses `length` bytes, up to a '?'. 0, or -EINVAL with *ret_path as it was.
int origin_path_parse(const char *path, size_t length, struct origin_path *ret_path);

// The delay of one answer, ns: uniform over the path's range, both ends included. Draws only where there is a range.
uint64_t origin_path_draw_delay(const struct origin_path *path, struct rng *rng);

// SPDX-License-Identifier: MIT
// How long it takes from a request to its answer at an HTTP server that answers at once: the way there and back, and what both
// kernels and the server need for it. Over one socket, without a library.
#pragma once

#include <stddef.h>

#include "measure/base/url.h"

// Asks for `path`, whose answer must be 200 and short, `warm_ups` times and then `count` times, for ret_ns[count]. 0; -EPROTO:
// that is not the answer; or -errno, -EAGAIN where one takes longer than 5 s.
int round_trip_measure(const struct url *url, const char *path, unsigned warm_ups, unsigned count, double *ret_ns);

// SPDX-License-Identifier: MIT
// Who keeps up with the fastest at the first values of a sweep, and not at the last (docs/METHODOLOGY.md, "Sweeps").
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct verdicts;

struct fall {
    size_t until;  // the last point up to which it is shown to be as fast as any
    size_t at;     // the last at which it has figures, and is behind
    size_t leader; // the fastest there
    double share;  // of the leader's throughput
};

// Whether a model does so: with `ret_fall` set.
bool falls_behind(const struct verdicts *verdicts, size_t model, struct fall *ret_fall);

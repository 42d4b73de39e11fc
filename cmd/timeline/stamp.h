// SPDX-License-Identifier: MIT
#pragma once

#include <stdint.h>

// What one stamp of a trace costs the thread that makes it, in ns, as models in C make it: measured here and now, the least of
// several batches, since other programs only add to it. 0: there is no memory to try it in.
uint64_t stamp_cost_ns(void);

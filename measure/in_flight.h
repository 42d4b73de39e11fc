// SPDX-License-Identifier: MIT
// How many tasks were in flight at once, computed from their stamps: counting while they run would cost more than some
// of them take.
#pragma once

#include <stdint.h>

#include "measure/slot.h"

// The largest number, from begin and end stamps; tasks that never ended count to the end. `ended_ns`, where not NULL,
// replaces the slots' end stamps. UINT32_MAX when out of memory.
uint32_t in_flight_peak(const struct slot *slots, const uint64_t *ended_ns, uint32_t tasks);

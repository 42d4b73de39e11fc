// SPDX-License-Identifier: MIT
// How many tasks were in flight at once, computed from their stamps: counting while they run would cost more than some
// of them take.
#pragma once

#include <stdint.h>

#include "measure/slot.h"

// The largest number, from begin and end stamps; tasks that never ended count to the end. `ended_ns`, where not NULL,
// replaces the slots' end stamps. UINT32_MAX when out of memory.
uint32_t in_flight_peak(const struct slot *slots, const uint64_t *ended_ns, uint32_t tasks);

// Runs of slots, one behind the other, in each of which a task begins once the one before it has ended, as those of one lane do
// that are claimed many at a time.
struct runs {
    uint32_t *first;      // the first slot of each; NULL: given up
    uint32_t count, most; // more are given up
    uint32_t tasks;
};

// Before the first of `tasks` slots. runs_close() in any case.
void runs_open(struct runs *runs, uint32_t tasks);
void runs_close(struct runs *runs);

// To be called for slot 0, and for each slot that began before the one in front of it had ended, in ascending order; may be
// called for others. Gives the runs up where the slot never began or ended, or ended before it began.
void runs_note(struct runs *runs, const struct slot *slots, uint32_t i);

// What in_flight_peak() says, where that is easily told from the runs: one after another they are at most so many at once as
// runs are, and they are that many if it is so at one of some moments that are looked at. 0: it is not easily told.
uint32_t runs_peak(const struct runs *runs, const struct slot *slots);

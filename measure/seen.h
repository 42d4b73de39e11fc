// SPDX-License-Identifier: MIT
// What one look at all slots of a trial shows. A trial of empty tasks ends with millions of them, each of which is told of by
// nothing but its 32 bytes: they are read once, and all that is made of a sample comes from that. Whatever is not plain is looked
// at again, by those who say what is wrong with it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "measure/distribution.h"
#include "measure/oracle.h"
#include "measure/slot.h"
#include "measure/spread.h"

// Fewer slots are not looked at: each who wants to know something of them looks himself.
#define SEEN_LEAST DISTRIBUTION_COUNTED

struct seen {
    uint32_t tasks; // 0: they were not looked at, and nothing else is said here
    bool plain;     // each task is as oracle_plain() says
    bool ordered;   // each arrived before it began, by the stamps alone
    uint64_t first_arrival_ns, first_begin_ns, last_end_ns;
    uint32_t in_flight; // see in_flight_peak(); 0: not known
    struct spread spreads[SPANS];
};

// Looks at all slots of an oracle's trial. `start_ns` is added to each arrival, as oracle_judge() has it. `seen` is of any
// content before, and has to be one object over many trials: it is large.
void seen_look(struct seen *seen, const struct oracle *oracle, const struct slot *slots, uint64_t start_ns);

// The spreads of all slots, or NULL where they were not looked at.
static inline const struct spread *seen_spreads(const struct seen *seen)
{
    return seen->tasks > 0 ? seen->spreads : NULL;
}

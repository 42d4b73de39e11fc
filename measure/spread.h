// SPDX-License-Identifier: MIT
// How the spans of many tasks are spread, by counting: short ones by the ns, longer ones in a histogram's buckets. A trial of
// empty tasks has a million spans of some 50 ns, and sorting them takes longer than they took.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "measure/base/units.h"
#include "measure/histogram.h"
#include "measure/slot.h"

enum span { SPAN_LATENCY, SPAN_QUEUED, SPAN_SERVICE, SPANS };

// Spans below so many ns are counted each by itself.
#define SPREAD_EXACT 8192

// Of one span. Begins as zeros.
struct spread {
    uint32_t exact[SPREAD_EXACT];
    // Of the longer ones.
    uint32_t buckets[HISTOGRAM_BUCKETS];
    uint64_t min_ns, max_ns; // 0: there are none
    double sum_ns;
};

// A span of a task in ns, 0 where its stamps are in another order. `start_ns` is added to its arrival.
static inline uint64_t span_of(const struct slot *slot, enum span span, uint64_t start_ns)
{
    uint64_t from = span == SPAN_SERVICE ? slot->begin_ns : start_ns + slot->arrival_ns;
    uint64_t to = span == SPAN_QUEUED ? slot->begin_ns : slot->end_ns;

    if (to <= from)
        return 0;
    return to - from < (uint64_t)UNITS_MOST ? to - from : (uint64_t)UNITS_MOST;
}

static inline void spread_count(struct spread *spread, uint64_t ns)
{
    if (ns < SPREAD_EXACT) {
        spread->exact[ns]++;
        return;
    }
    spread->buckets[histogram_bucket(ns)]++;
    if (ns < spread->min_ns || spread->max_ns == 0)
        spread->min_ns = ns;
    spread->max_ns = ns > spread->max_ns ? ns : spread->max_ns;
    spread->sum_ns += (double)(int64_t)ns; // UNITS_MOST at most: one instruction
}

// Counts the spans of a task, if it ended.
static inline void spreads_count(struct spread spreads[SPANS], const struct slot *slot, uint64_t start_ns)
{
    for (enum span span = 0; slot->end_ns != 0 && span < SPANS; span++)
        spread_count(&spreads[span], span_of(slot, span, start_ns));
}

// How many were counted.
uint64_t spread_total(const struct spread *spread);

// Of a spread that counted `total` ≥ 1: the longest and the mean.
uint64_t spread_max(const struct spread *spread);
double spread_mean(const struct spread *spread, uint64_t total);

// Where the nth shortest lies: it is the `nth`, from 1 on, of the `count` between `lowest_ns` and `highest_ns`, both included.
struct spread_place {
    uint64_t lowest_ns, highest_ns;
    uint64_t nth, count;
};

// Finds `n` of them at once, `nth` in ascending order, each at most as many as were counted.
void spread_find(const struct spread *spread, const uint64_t *nth, size_t n, struct spread_place *ret_places);

// Counts in the histogram what the spread has.
void spread_record(const struct spread *spread, struct histogram *histogram);

// SPDX-License-Identifier: MIT
// The search for the highest rate that a model carries (docs/METHODOLOGY.md, "Capacity"): which rate is probed next, and
// between which rates the capacity lies. Only numbers: what a probe shows is found elsewhere.
#pragma once

#include <stdbool.h>

// Most probes of one search, and most of one rate.
#define CAPACITY_PROBES 32
#define CAPACITY_AGAIN 3
// The search is over where the interval's ends are so close, as a ratio.
#define CAPACITY_WIDTH 1.10

enum capacity_verdict { CAPACITY_HELD, CAPACITY_BROKEN, CAPACITY_UNSHOWN, CAPACITY_VERDICTS };

// A rate, with what its probes have shown: an end of the interval is probed twice, one that is contradicted up to three times.
struct capacity_rate {
    double per_s;
    unsigned probes[CAPACITY_VERDICTS];
};

struct capacity_search {
    double start_per_s; // the first to be probed
    double least, most; // no rate below or above is probed
    struct capacity_rate rates[CAPACITY_PROBES];
    unsigned count;  // of rates
    unsigned probes; // of all rates
};

// What most of its probes say; unshown where as many say one as the other.
enum capacity_verdict capacity_verdict_of(const struct capacity_rate *rate);

// The rate to be probed next; 0: the search is over.
double capacity_next(const struct capacity_search *search);

// Takes in what a probe of that rate has shown.
void capacity_add(struct capacity_search *search, double per_s, enum capacity_verdict verdict);

// The highest rate shown to hold below all that are shown to break, and the lowest shown to break above all that are shown to hold:
// 0 and 0 where there is none. Where verdicts contradict each other the interval has all of these in it.
void capacity_bounds(const struct capacity_search *search, double *ret_low, double *ret_high);

// Whether both ends are there, close to each other and confirmed.
bool capacity_is_found(const struct capacity_search *search);

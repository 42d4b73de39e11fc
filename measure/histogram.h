// SPDX-License-Identifier: MIT
// How times are spread, counted in HdrHistogram's buckets: of the same width within a power of two, and never wider than
// 1/128 of what they hold, so that a value is known to 2 significant decimal digits whatever its size.
//
// The layout is that of hdr_init(1, …, 2) of HdrHistogram_c (hdr_histogram.c, counts_index_for(); M. Barker, G. Tene;
// public domain): 2 digits want 2 x 10^2 steps of one unit, so 256 sub-buckets, of which those above the first power of
// two use the upper 128; 1 ns is the unit. Debian 12 has no package of that library, and this is a few lines of it.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct cJSON;

#define HISTOGRAM_DIGITS 2
// Of any 64-bit value.
#define HISTOGRAM_BUCKETS 7424

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t total, min_ns, max_ns; // the last two are exact; only with a total above 0
};

// Which bucket a value is counted in.
static inline size_t histogram_bucket(uint64_t ns)
{
    unsigned shift = 56 - (unsigned)__builtin_clzll(ns | 255);

    return 128 * (size_t)shift + (size_t)(ns >> shift);
}

// The smallest and the largest value of a bucket below HISTOGRAM_BUCKETS.
uint64_t histogram_lowest(size_t bucket);
uint64_t histogram_highest(size_t bucket);

// Counts one value more. A histogram begins as zeros.
static inline void histogram_record(struct histogram *histogram, uint64_t ns)
{
    histogram->counts[histogram_bucket(ns)]++;
    if (ns < histogram->min_ns || histogram->total == 0)
        histogram->min_ns = ns;
    if (ns > histogram->max_ns)
        histogram->max_ns = ns;
    histogram->total++;
}

// As a report holds it: {"significant_digits","total","min","max","counts"}. The counts are those of the buckets from 0
// up to the last that is not empty; a negative number is a run of so many empty ones, as in HdrHistogram's V2 encoding.
// Owned by the caller; never NULL (measure/base/json.h).
struct cJSON *histogram_json(const struct histogram *histogram);

// SPDX-License-Identifier: MIT
// How the times of all tasks of a cell are spread, as a report holds it: "histograms" (measure/histogram.h), merged over
// the rounds. Documents are checked before (reports/document/validate_histograms.c).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;

enum histogram_kind {
    HISTOGRAM_LATENCY, // of a task, from its arrival to its end
    HISTOGRAM_QUEUED,  // from its arrival to its begin
};

struct histogram_view {
    uint64_t total;                // tasks of all rounds; at least 1
    uint64_t min_ns, max_ns;       // exact; of a latency or a wait, which may be 0
    const struct cJSON *next_item; // of histogram_next()
    size_t next_bucket;
};

struct histogram_bucket {
    uint64_t lowest_ns, highest_ns; // what it holds, of what occurred: not below the histogram's min, nor above its max
    uint64_t count;                 // at least 1
};

// False, with nothing filled: the cell has none, as those that are not ok and those of older documents.
bool histogram_of(const struct cJSON *cell, enum histogram_kind kind, struct histogram_view *ret_view);

// The next bucket that is not empty, from the smallest values up: as often as there are some, once per view. A copy of a
// view begins where that one is.
bool histogram_next(struct histogram_view *view, struct histogram_bucket *ret_bucket);

// The share of the tasks (0 … 1) that took less than so many ns. Within a bucket they count as evenly spread.
double histogram_share_below(struct histogram_view view, double ns);

// Percentile by nearest rank, as stats_percentile_u64() has it of the values themselves: the top of the bucket it is in,
// at most 1/128 (0.8 %) above the true one; that of 1 is exact. 0 < q ≤ 1.
uint64_t histogram_percentile(struct histogram_view view, double q);

// The `bins` + 1 edges of as many bins of equal width on a log axis that shows `low_ns` to `high_ns`: from the first
// (which is 1 ns at least, as a log axis has no 0) to just above the last. They are whole ns, as times are, so that none
// falls between two; where the axis is short, some bins hold none.
void histogram_edges(uint64_t low_ns, uint64_t high_ns, size_t bins, double *ret_edges);

// How many tasks are in each bin between two neighbouring edges, which ascend; the first bin gets those below it too, and
// the last those above. A bucket that lies in several is shared out by width, so that the sum is the total, and narrow
// bins get no gaps that are none of the data's. At least one bin.
void histogram_bins(struct histogram_view view, const double *edges, size_t bins, double *ret_counts);

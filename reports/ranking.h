// SPDX-License-Identifier: MIT
// Who was faster, and whether the difference can be told from noise.
#ifndef CCBENCH_REPORTS_RANKING_H
#define CCBENCH_REPORTS_RANKING_H

#include <stdbool.h>
#include <stddef.h>

struct cJSON;

// wall(a) / wall(b) of every round in which both are ok, into `ratios` (room for sample_count(b)). Returns how many.
size_t paired_ratios(const struct cJSON *a, const struct cJSON *b, double *ratios);

// Their median and its 95 % sign-test interval. valid: there are the 6 common rounds that such an interval needs; else
// median, low and high are 0. 0 or -ENOMEM.
struct paired_ratio {
    bool valid;
    double median, low, high;
};
int paired_ratio(const struct cJSON *a, const struct cJSON *b, struct paired_ratio *ret_ratio);

// Sets summary.rank and summary.tied of the block's ok cells. Sorted by median time, the first of a group leads it; a
// cell of which no difference from the leader can be shown shares its rank: the 95 % sign-test interval of the paired
// ratios holds 1. With fewer than 6 common rounds there is no such interval: then their ranges overlap, or their
// medians are within 10 %. 0 or -ENOMEM.
int ranking_set(struct cJSON *block);

// The block's ok and ranked cells, best first; equal times in the order of the plan. A NULL-terminated array to be
// freed with free(); NULL when out of memory. `ret_n` may be NULL.
const struct cJSON **ranking_sorted(const struct cJSON *block, size_t *ret_n);

#endif

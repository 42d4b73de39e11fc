// SPDX-License-Identifier: MIT
// Who was faster, and whether the difference can be told from noise.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "reports/findings/yardstick.h"

struct cJSON;

// The median of what the cell is ranked by (yardstick.h); NAN where there is none.
double ranking_figure(const struct cJSON *block, const struct cJSON *cell);

// Whom one could choose: not a model that lost updates, nor one that does not keep up with its tasks, nor null.
bool ranking_in_question(const struct cJSON *block, const struct cJSON *cell);
// Whether a cell is of the best rank among those.
bool ranking_first(const struct cJSON *block, const struct cJSON *cell);
// wall(a) / wall(b) of every round in which both are ok, into `ratios` (room for sample_count(b)). Returns how many.
size_t paired_ratios(const struct cJSON *a, const struct cJSON *b, double *ratios);

// The median of the ratios a / b of what the block's models are ranked by, round by round, and its 95 % sign-test interval:
// below 1 `a` is the better one, whatever it is. 0 or INFINITY where only one of them keeps up. valid: there are the 6 common
// rounds that such an interval needs; else median, low and high are 0. 0 or -ENOMEM.
struct paired_ratio {
    size_t rounds; // in common
    bool valid;
    double median, low, high;
};
int paired_ratio(const struct cJSON *block, const struct cJSON *a, const struct cJSON *b,
                 struct paired_ratio *ret_ratio);
// The same of one yardstick, whatever they are ranked by.
int paired_ratio_by(enum yardstick yardstick, const struct cJSON *a, const struct cJSON *b,
                    struct paired_ratio *ret_ratio);

// Sets summary.rank and summary.tied of the block's ok cells. Sorted by the median of what they are ranked by, the first
// of a group leads it; a
// cell that the leader is not shown to be better than shares its rank: the 95 % sign-test interval of the paired ratios
// does not lie below 1. With fewer than 6 common rounds there is no such interval, and no rank is shared. 0 or -ENOMEM.
int ranking_set(struct cJSON *block);

// The block's ok and ranked cells, best first; equal ones in the order of the plan. A NULL-terminated array to be
// freed with free(); NULL when out of memory. `ret_n` may be NULL.
const struct cJSON **ranking_sorted(const struct cJSON *block, size_t *ret_n);

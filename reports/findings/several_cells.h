// SPDX-License-Identifier: MIT
// What one report has of a model, as reports of several machines keep it; and what that comes to across machines.
#pragma once

#include <stddef.h>

struct cJSON;

// A place of a model (reports/document/several.h) of a cell of a report's summarised block, still without a standing; and of one that
// the report has not. New objects.
struct cJSON *several_cell(const struct cJSON *report, const struct cJSON *block, const struct cJSON *cell);
struct cJSON *several_absent_cell(const char *reason);

// Sets "standing" in the last place of each of the experiment's models, which are those of the block: the best of the ranks
// of those that could be chosen, the worst, or between, where there are the rounds to tell and somebody to be compared with;
// of each language by itself where they have ranks of their own. 0 or -ENOMEM.
int several_standings(struct cJSON *experiment, struct cJSON *block);

// Sets "spread" and "counts" of every model: quartiles by linear interpolation (R's type 7). 0 or -ENOMEM.
int several_sum_up(struct cJSON *several);

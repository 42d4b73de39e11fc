// SPDX-License-Identifier: MIT
// The verdict on the whole, from those on the cells.
#pragma once

struct cJSON;

// How many metrics of compared cells ended so (NULL: in any way), or, where the verdict is a cell's status, how many cells.
unsigned gate_count(const struct cJSON *document, const char *verdict);

// Sets "verdict", "reasons" and "status" from the cells. `common`: reasons that are no one cell's own, ending in NULL: each
// is said once, without a cell's name. 0, with the status, or -ENOMEM.
int gate_conclude(struct cJSON *document, const char *const *common, int *ret_status);

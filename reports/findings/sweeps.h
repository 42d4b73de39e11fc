// SPDX-License-Identifier: MIT
// What the blocks of a sweep show together: the entries of "sweeps", made from the blocks alone and put into the document.
#pragma once

struct cJSON;

// Makes the entry for the group of a block, from those of the group's blocks that have begun; they must be summarised
// (reports/findings/summary.h), and stand in the document. Idempotent. 0 or -ENOMEM.
int summarise_sweep(struct cJSON *document, const struct cJSON *block);

// Makes all entries anew; "sweeps" is removed where there are none. 0 or -ENOMEM.
int summarise_sweeps(struct cJSON *document);

// SPDX-License-Identifier: MIT
// From the values of a claim's figures to its verdict, and to what is said of it (reports/document/claims.h).
#pragma once

#include <stdbool.h>

struct cJSON;

// The verdicts of a claim's figures, of the claim, and of the runtimes that it was tested on as well. `typed` is what the claim is named
// by on a command line, as it is typed. 0 or -ENOMEM.
int claims_settle(struct cJSON *claim, const char *typed);

// "counts", and "predictions" where answers were asked for, over all claims.
void claims_conclude(struct cJSON *document);

// Whether it is not shown for a reason that a further batch may mend: noise, batches that disagree, other programs.
bool claims_may_settle(const struct cJSON *figure);

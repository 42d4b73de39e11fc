// SPDX-License-Identifier: MIT
// From the values of a claim's figures to its verdict, and to what is said of it (reports/document/claims.h).
#pragma once

struct cJSON;

// The verdicts of a claim's figures, of the claim, and of the runtimes that it was tested on as well. 0 or -ENOMEM.
int claims_settle(struct cJSON *claim);

// "counts", and "predictions" where answers were asked for, over all claims.
void claims_conclude(struct cJSON *document);

// A figure as it is written: "1.02 x (1.00 to 1.05)", "9.61 ms", "n/a". Returns `buf`.
#define CLAIMS_FIGURE_TEXT 120
char *claims_figure_text(const struct cJSON *figure, char buf[CLAIMS_FIGURE_TEXT]);

// A bound, in words: "at most 1.2 x". Returns `buf`.
char *claims_bound_text(const struct cJSON *figure, const char *name, char buf[CLAIMS_FIGURE_TEXT]);

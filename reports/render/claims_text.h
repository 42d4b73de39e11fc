// SPDX-License-Identifier: MIT
// What the formats of claims have in common: sentences, and the figures as a grid.
#pragma once

#include <stdio.h>

#include "reports/render/grid.h"

struct cJSON;

// "✓" confirmed, "✗" refuted, "?" not shown, " " not measured; in ASCII "+", "x", "?".
const char *claims_mark(const struct cJSON *judged, const struct report_style *style);

// Verdict, figure, bounds and name of each. 0 or -ENOMEM; to be released in any case.
int claims_grid(const struct cJSON *figures, const struct report_style *style, struct grid *grid);

// Each writes a sentence, without an end of line, or nothing.
typedef void claims_writer(FILE *out, const struct cJSON *document, const struct cJSON *claim);
// "34 claims: 28 confirmed, 2 refuted, 4 not shown"; how many were predicted.
claims_writer claims_say_counts, claims_say_predictions;
// "10 hog"; "not shown: …"; what would show it; "You expected "twice": so it is."
claims_writer claims_say_title, claims_say_reason, claims_say_would_show, claims_say_prediction;
// "CPython: confirmed, 1.01 × (1.00 to 1.02)", of an item of "real" in the place of a claim.
claims_writer claims_say_real;
// Whether it is only said by a stand-in; whether a runtime says the opposite; that the whole was interrupted.
claims_writer claims_say_stand_in, claims_say_disagreement, claims_say_interrupted;

// All claims, a row each: verdict, number, name, the deciding figure, what is said. 0 or -ENOMEM; to be released in any case.
int claims_list_grid(const struct cJSON *document, const struct report_style *style, struct grid *grid);

// A title for all of it.
claims_writer claims_say_heading;

// The figure that decided; NULL: none.
const struct cJSON *claims_deciding(const struct cJSON *judged);

// SPDX-License-Identifier: MIT
// Figures of claims as they are written.
#pragma once

#include "measure/base/units.h"

struct cJSON;

// A value of a figure's unit ("ns", "ratio", …): "9.61 ms", "1.02"; "n/a" of NAN. Returns `buf`.
char *claims_value_text(const char *unit, double value, char buf[UNITS_TEXT]);

// What stands behind the number, or the last of several.
const char *claims_suffix(const struct cJSON *figure);

// A figure as it is written: "1.02 x (1.00 to 1.05)", "9.61 ms", "n/a". Returns `buf`.
#define CLAIMS_FIGURE_TEXT 120
char *claims_figure_text(const struct cJSON *figure, char buf[CLAIMS_FIGURE_TEXT]);

// A bound, in words: "at most 1.2 x". Returns `buf`.
char *claims_bound_text(const struct cJSON *figure, const char *name, char buf[CLAIMS_FIGURE_TEXT]);

// SPDX-License-Identifier: MIT
// What every format says about reports of several machines, in the same words.
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "reports/render/style.h"

struct cJSON;

// Each writes a line without its end: whose reports these are; all facts that are alike, nothing where none is; what an
// experiment was; what its figures are.
void several_write_head(FILE *out, const struct cJSON *several);
void several_write_alike(FILE *out, const struct cJSON *several);
void several_write_experiment(FILE *out, const struct cJSON *experiment);
void several_write_legend(FILE *out, const struct cJSON *experiment);

// Calls `say` with each place that has no figures, and why: "gil failed on a and c: out of memory", "not run on b"; those for the
// same reason are told once. 0, -ENOMEM, or what `say` returned if not 0.
int several_each_excuse(const struct cJSON *several, const struct cJSON *experiment,
                        int (*say)(const char *text, void *data), void *data);

// Whether the machines are summed up instead of shown side by side: where there are many, or more than fit into the style's
// width in any experiment. 0 or -ENOMEM.
int several_sums_up(const struct cJSON *several, const struct report_style *style, bool *ret_sums_up);

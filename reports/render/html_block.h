// SPDX-License-Identifier: MIT
// The sections of a report's page. Each returns 0 or -ENOMEM.
#pragma once

#include <stdio.h>

#include "reports/render/style.h"

struct cJSON;

// One workload: what was done, what it says, the charts, the table. `number` is of no other section of the page.
int html_block(FILE *out, const struct cJSON *document, const struct cJSON *block, const struct report_style *style,
               unsigned number);
// One of the document's "sweeps": what was done, what it says, notes, its curves, and each value's table, folded (html_sweep.c).
int html_sweep(FILE *out, const struct cJSON *document, const struct cJSON *sweep, const struct report_style *style,
               unsigned number);

// The entries of both in a list of contents: a link to the section of that number.
int html_block_entry(FILE *out, const struct cJSON *document, const struct cJSON *block,
                     const struct report_style *style, unsigned number);
int html_sweep_entry(FILE *out, const struct cJSON *document, const struct cJSON *sweep,
                     const struct report_style *style, unsigned number);

// Parts of these: a block's table, why cells have no figures, and notes; an entry.
int html_block_figures(FILE *out, const struct cJSON *document, const struct cJSON *block,
                       const struct report_style *style);
int html_entry(FILE *out, unsigned number, const char *name);

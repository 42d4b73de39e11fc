// SPDX-License-Identifier: MIT
// A sweep in the table: models × values for what matters, and what follows from them.
#pragma once

#include <stdio.h>

#include "reports/render/style.h"

struct cJSON;

// Writes one of the document's "sweeps": in words, in grids, why places are empty, and its findings. 0 or -ENOMEM.
int table_sweep(const struct cJSON *document, double group, const struct report_style *style, FILE *out);

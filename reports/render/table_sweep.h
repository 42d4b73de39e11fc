// SPDX-License-Identifier: MIT
// A sweep in the table: models × values for what matters, and what follows from them.
#pragma once

#include <stdio.h>

#include "reports/render/style.h"

struct cJSON;
struct sweep_view;

// Writes one of the document's "sweeps": in words, in grids, why places are empty, and its findings. 0 or -ENOMEM.
int table_sweep(const struct cJSON *document, double group, const struct report_style *style, FILE *out);
// Writes what was done at all its values, without its name: "4 to 1024 tasks, each …; 4 to 256 in flight; …".
void sweep_say_experiment(FILE *out, const struct sweep_view *view);

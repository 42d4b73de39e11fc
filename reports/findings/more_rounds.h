// SPDX-License-Identifier: MIT
// Where rounds were too few to conclude anything: what to type for enough of them, and how long that would take.
#pragma once

#include <stdio.h>

struct cJSON;

// What a block would take with STATS_INTERVAL_LEAST rounds, by its own samples: the median times of its cells, for each
// trial what passed beside them, a warm-up where it had one, and memory trials. 0 where no cell has a sample.
double more_rounds_ns(const struct cJSON *block);

// "--rounds=6, about 4 s".
void write_more_rounds(FILE *out, double ns);

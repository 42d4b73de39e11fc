// SPDX-License-Identifier: MIT
// Where along a sweep one model overtakes another (docs/METHODOLOGY.md, "Sweeps").
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "reports/document/sweep_view.h"

struct verdicts;

// The plain sentences of a sweep, as an array of strings. NULL when out of memory.
struct cJSON *crossovers_make(const struct sweep_view *view);

// Whom a model overtakes between two points: `best`, so that the fastest changes, as fast as any at `to` where they were at `from`;
// else, where one of both holds. A set of models, one bit each; none that it pays off against, which is said apart.
uint64_t crossovers_overtaken(const struct verdicts *verdicts, size_t winner, size_t from, size_t to, bool best);
// Writes which models pay off from a point on, "threads pay off above 11 us of work per task: …"; nothing where none does.
void crossovers_say_payoff(FILE *out, const struct verdicts *verdicts, size_t point);
// "async and green overtake threads between 16 and 64 in flight."
void crossovers_say(FILE *out, const struct verdicts *verdicts, uint64_t winners, uint64_t losers, size_t from,
                    size_t to);

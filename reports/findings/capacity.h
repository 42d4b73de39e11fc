// SPDX-License-Identifier: MIT
// What the search for the highest rates (--rate=max) has shown.
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct cJSON;

// The rates per second between which the model's capacity lies: NAN where no rate was shown to hold, or to break. Whether it was
// searched for.
bool capacity_of(const struct cJSON *cell, double *ret_low, double *ret_high);

// What each model carries, in a sentence each for intervals, for those with one end, and for those of which nothing is shown.
void capacity_say(FILE *out, const struct cJSON *document, const struct cJSON *block);
void capacity_say_one_end(FILE *out, const struct cJSON *document, const struct cJSON *block);
void capacity_say_wide(FILE *out, const struct cJSON *document, const struct cJSON *block);

// The exit status: 1 where the search for a model ended by itself without a rate that holds what is required, else 3 where an end is
// missing, else 0.
int capacity_status(const struct cJSON *document);

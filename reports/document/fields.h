// SPDX-License-Identifier: MIT
// Looking things up in a report document.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct cJSON;

// What a dotted path leads to: field(cell, "summary.wall_ns.median"). NULL where any part of it is missing or null.
const struct cJSON *field(const struct cJSON *object, const char *path);

// The same as a number, NAN where there is none, and as text, NULL where there is none.
double field_number(const struct cJSON *object, const char *path);
const char *field_text(const struct cJSON *object, const char *path);
bool field_is(const struct cJSON *object, const char *path, const char *text);

// A cell that ended well: only such cells have a summary, a rank, and a say in findings and warnings.
bool cell_ok(const struct cJSON *cell);

// Whether sentences may compare it: ok, and not one that only pretends to do the work (null).
bool cell_competes(const struct cJSON *cell);
// A sample that ended well and says how long it took.
bool sample_ok(const struct cJSON *sample);

// One number from each ok sample of a cell, in the order of the rounds, into `values` (room for sample_count(cell));
// samples that lack it are passed over. Returns how many.
size_t sample_numbers(const struct cJSON *cell, const char *path, double *values);
size_t sample_count(const struct cJSON *cell);
// Their median, NAN where there are none (or no memory to sort them in).
double sample_median(const struct cJSON *cell, const char *path);

// SPDX-License-Identifier: MIT
// Models of several languages in one block: where tasks compute, each has a speed of its own, and only models of one are
// held against each other.
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct cJSON;

// Whether each language of the block has ranks, an ideal and a loop of its own.
bool families_apart(const struct cJSON *block);

// What the cell's ideal is: the block, or the object about its family, with "ideal_ns" and "calibration".
const struct cJSON *family_ideal(const struct cJSON *block, const struct cJSON *cell);

// Whether both are of one family, or computing does not set them apart.
bool family_is_same(const struct cJSON *cell, const struct cJSON *other);

// A block of its own with the cells of one family ("": the models in C) and its ideal, whose cells have their members in common
// with the block's, which must outlive it. Owned by the caller.
struct cJSON *family_part(struct cJSON *block, const char *name);

// Adds what is said of a family to the list: "Among Python's: choose …", and of another interpreter's "Among those of
// python@pypy3: …". As it is where `name` is NULL.
void family_say(struct cJSON *findings, const char *name, const char *text);

// Writes how a sentence about one family begins: "Among Python's: "; nothing where `name` is NULL.
void family_write_lead(FILE *out, const char *name);

// Calls `judge` with the block where it is all of one family; else with a part of it for each, a block of its own with the
// cells of that family and its ideal, whose cells have their members in common with the block's. `name` is the family's, NULL
// of the whole, "" of the models in C. 0, or what `judge` returned that was not 0.
int families_each(struct cJSON *block, int (*judge)(struct cJSON *part, const char *name, void *data), void *data);

// SPDX-License-Identifier: MIT
// On which machines something holds, in words.
#pragma once

#include <stddef.h>
#include <stdio.h>

struct cJSON;

// What each machine has to say about something: whether it holds there. An array of as many as there are machines, owned.
enum { SEVERAL_UNTOLD = -1, SEVERAL_NO = 0, SEVERAL_YES = 1, SEVERAL_SLOWER = 2 };

struct several_where {
    const struct cJSON *machines, *places; // those of an experiment, which know its cores; NULL: cores do not matter
    const signed char *told;               // of each machine
    size_t n;                              // machines
};

// How many of them have said `what`, and how many anything.
size_t several_count(const struct several_where *where, int what);
size_t several_told(const struct several_where *where);

// Writes where `what` holds, of those that tell: "on all 4", "on both", "on a and c", "on those with 2 cores (a and c)", "on 57
// of 60", "on all 3 (of 4) that tell", "on a, the only one that tells". Nothing must be asked of what holds nowhere.
void several_write_where(FILE *out, const struct several_where *where, int what);

// Writes "on any of 4", "on either", "on any of the 3 (of 4) that tell": where something holds nowhere that tells.
void several_write_anywhere(FILE *out, const struct several_where *where);

// Writes the labels of those for which it holds: "a, b and c".
void several_write_labels(FILE *out, const struct several_where *where, int what);

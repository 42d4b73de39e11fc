// SPDX-License-Identifier: MIT
// What github-action-benchmark reads as its tools "customSmallerIsBetter" and "customBiggerIsBetter": an array of
// {"name","unit","value","range","extra"}, a file for each direction.
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct cJSON;

// Writes the figures of a report of which more is better, or those of which less is. 0 or -ENOMEM.
int gab_write(FILE *out, const struct cJSON *document, bool bigger);

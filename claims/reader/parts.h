// SPDX-License-Identifier: MIT
// Parts of a claim, checked while its file is read. Each: 0, or -EINVAL with the fault noted.
#pragma once

#include <stddef.h>

#include "workloads/program/json_read.h"

// Longest texts: a name, a line, a paragraph.
#define PARTS_NAME 40
#define PARTS_LINE 400
#define PARTS_TEXT 4000

// A text that must be there, unless `optional`.
int parts_text(struct json_fault *fault, const struct cJSON *object, const char *name, size_t most, bool optional);

// The same of a name: small letters, digits and dashes.
int parts_name(struct json_fault *fault, const struct cJSON *object, const char *name, bool optional);

// Calls `check` for each item of the member of that name, an array of objects with one item at least.
typedef int parts_check(struct json_fault *fault, const struct cJSON *root, const struct cJSON *object);
int parts_each(struct json_fault *fault, const struct cJSON *root, const char *name, const char *expected,
               parts_check *check);

// An experiment, and a figure.
parts_check parts_experiment, parts_figure, parts_real;

// SPDX-License-Identifier: MIT
// What is ccbench's in what comes from a host: a login there may write what it likes (a banner, the title of a window), without
// ending its line, before it, between, and behind.
#pragma once

#include <stddef.h>

struct cJSON;

// The greeting in a line, wherever it begins; to be deleted. NULL: there is none.
struct cJSON *sift_greeting(const char *line, size_t length);

// Narrows the text to the report in it, or what there is of one; leaves it as it is where none begins.
void sift_report(const char **text, size_t *length);

// SPDX-License-Identifier: MIT
// Comma-separated values as RFC 4180 has them: lines end in CR LF, a field with a comma, a quote or a line break is quoted.
// UTF-8 in any locale; a byte that is none becomes '?'.
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct cJSON;

struct csv {
    FILE *out;
    bool begun; // the line has a field
};

// Each writes one field. Text: NULL is an empty one. A number: exact, with a point in any locale; NAN is empty.
void csv_text(struct csv *csv, const char *text);
void csv_number(struct csv *csv, double number);
// A value of a document by its kind: text, a number, true or false; anything else is empty.
void csv_item(struct csv *csv, const struct cJSON *item);

void csv_end_line(struct csv *csv);

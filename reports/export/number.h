// SPDX-License-Identifier: MIT
// Numbers for other programs: as few digits as give the same number when they are read, with a point.
#pragma once

#include <stdio.h>

struct cJSON;

// Not for NAN or what is infinite.
void export_write_number(FILE *out, double number);

// Writes the value as indented JSON in valid UTF-8, ended by a newline. 0 or -ENOMEM.
int export_write_json(FILE *out, const struct cJSON *value);

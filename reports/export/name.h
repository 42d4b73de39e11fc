// SPDX-License-Identifier: MIT
// What tells one item of a document from another, in one line.
#pragma once

#include <stdio.h>

#include "reports/export/items.h"

// The item's name; the second with the same parts has "/again=2" behind it, and so on. To be freed with free(); NULL when out
// of memory.
char *export_name(const struct export_item *item, enum export_names names, unsigned time);

// Writes a text as a part of a name (enum export_names). 0 or -ENOMEM.
int export_write_part(FILE *out, const char *text, enum export_names names);

// SPDX-License-Identifier: MIT
// What is said of the requirements of a block (reports/findings/requirements.h), a sentence each.
#pragma once

#include <stdio.h>

struct cJSON;

// Whom the `index`th of the plan's requirements holds for, who breaks it, and of whom it is not shown, and why. Writes nothing where
// there is none, or where no cell was judged.
void requirement_say(FILE *out, const struct cJSON *document, const struct cJSON *block, int index);

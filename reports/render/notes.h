// SPDX-License-Identifier: MIT
// A document has the notes of each block; a reader wants each of them once.
#pragma once

#include <stdbool.h>

struct cJSON;

// Whether no earlier block has the same note. The names of models do not make it another one, since the table's flags say of
// whom it holds; but where `of_each` is set.
bool note_is_new(const struct cJSON *document, const struct cJSON *block, const char *note, bool of_each);

// Whether two notes are the same but for the names of models, which are those of the block.
bool notes_alike(const struct cJSON *block, const char *a, const char *b);

// SPDX-License-Identifier: MIT
#include "reports/render/notes.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "reports/document/fields.h"

static bool is_model(const cJSON *block, const char *word, size_t length)
{
    const cJSON *cell;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        const char *model = field_text(cell, "model");

        if (strlen(model) == length && memcmp(model, word, length) == 0)
            return true;
    }
    return false;
}

// The next word that is not part of a list of models.
static const char *next_word(const cJSON *block, const char *text, size_t *ret_length)
{
    for (;; text += *ret_length) {
        text += strspn(text, " ,;");
        *ret_length = strcspn(text, " ,;");
        if (*ret_length == 0 || (!is_model(block, text, *ret_length) && strncmp(text, "and ", 4) != 0))
            return text;
    }
}

bool notes_alike(const cJSON *block, const char *a, const char *b)
{
    size_t n, m;

    for (;; a += n, b += m) {
        a = next_word(block, a, &n);
        b = next_word(block, b, &m);
        if (n != m || memcmp(a, b, n) != 0)
            return false;
        if (n == 0)
            return true;
    }
}

bool note_is_new(const cJSON *document, const cJSON *block, const char *note, bool of_each)
{
    const cJSON *earlier, *said;

    cJSON_ArrayForEach(earlier, field(document, "workloads")) {
        if (earlier == block)
            return true;
        cJSON_ArrayForEach(said, field(earlier, "warnings")) {
            if (of_each ? strcmp(said->valuestring, note) == 0 : notes_alike(block, said->valuestring, note))
                return false;
        }
    }
    return true;
}

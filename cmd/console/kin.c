// SPDX-License-Identifier: MIT
#include "cmd/console/kin.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "runtimes/registry.h"

static bool within_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

// The module of "threading.Thread", and not its "Thread".
static bool begins_word(const char *text, const char *at)
{
    return at == text || (!within_word(at[-1]) && at[-1] != '.');
}

// Whether the word stands in the text by itself, and not within another.
static bool stands_in(const char *word, const char *text)
{
    size_t length = strlen(word);

    for (const char *at = text; (at = strcasestr(at, word)) != NULL; at++) {
        if (begins_word(text, at) && !within_word(at[length]))
            return true;
    }
    return false;
}

static bool is_called(const struct model *model, const char *word)
{
    return stands_in(word, model->kin) || (model->also != NULL && stands_in(word, model->also));
}

const char *kin_models(const char *word, char buf[KIN_MODELS])
{
    const struct model_entry *entry;
    size_t length = 0;

    buf[0] = '\0';
    if (strlen(word) < 2)
        return buf;
    for (int own = 0; own < 2; own++) {
        for (unsigned i = 0; (entry = registry_at(i)) != NULL && length < KIN_MODELS; i++) {
            const struct model *model = entry->model;

            if (model != NULL && !model->unlisted && (model->runtime == NULL) == own && is_called(model, word))
                length += (size_t)snprintf(buf + length, KIN_MODELS - length, "%s%s", length > 0 ? ", " : "",
                                           entry->name);
        }
    }
    return buf;
}

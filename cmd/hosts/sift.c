// SPDX-License-Identifier: MIT
#include "cmd/hosts/sift.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <string.h>

#define GREETING "{\"lifeline\":"
#define SCHEMA "\"schema\""

cJSON *sift_greeting(const char *line, size_t length)
{
    const char *end = line + length, *at = line;
    cJSON *greeting = NULL;

    while (greeting == NULL && (at = memmem(at, (size_t)(end - at), GREETING, strlen(GREETING))) != NULL) {
        greeting = cJSON_ParseWithLength(at, (size_t)(end - at));
        at++;
    }
    return greeting;
}

// Where a report begins: an object, and its first name.
static const char *find_start(const char *text, size_t length)
{
    const char *end = text + length, *at = text;

    while ((at = memchr(at, '{', (size_t)(end - at))) != NULL) {
        const char *name = at + 1;

        while (name < end && strchr(" \t\r\n", *name) != NULL && *name != '\0')
            name++;
        if ((size_t)(end - name) >= strlen(SCHEMA) && memcmp(name, SCHEMA, strlen(SCHEMA)) == 0)
            return at;
        at++;
    }
    return NULL;
}

// Behind the bracket that closes the first one; NULL: nothing does.
static const char *find_end(const char *start, const char *end)
{
    bool quoted = false;
    long depth = 0;

    for (const char *at = start; at < end; at++) {
        if (quoted && *at == '\\') {
            at++;
        } else if (*at == '"') {
            quoted = !quoted;
        } else if (!quoted) {
            depth += *at == '{';
            depth -= *at == '}';
            if (depth == 0)
                return at + 1;
        }
    }
    return NULL;
}

void sift_report(const char **text, size_t *length)
{
    const char *end = *text + *length, *start = find_start(*text, *length), *close;

    if (start == NULL)
        return;
    close = find_end(start, end);
    *text = start;
    *length = (size_t)((close != NULL ? close : end) - start);
}

// SPDX-License-Identifier: MIT
#include "reports/document/document.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/document/claims.h"
#include "reports/document/gate.h"
#include "reports/document/several.h"
#include "reports/document/validate.h"

// Far above any real report (a thousand rounds of the basic comparison make 30 MB); keeps `ccbench report /dev/zero` from
// eating the machine: parsed, a text takes up to thirty times its size.
#define MAX_MIB 64
#define MAX_BYTES ((size_t)MAX_MIB << 20)

#define WHITE_SPACE " \t\r\n"

static int complain(char error[DOCUMENT_ERROR], int err, const char *text)
{
    snprintf(error, DOCUMENT_ERROR, "%s", text);
    return err;
}

// Doubles the room of a text. 0, -EFBIG, or -ENOMEM: *text is left as it is then.
static int enlarge(char **text, size_t *capacity)
{
    char *larger;

    if (*capacity >= MAX_BYTES)
        return -EFBIG;
    larger = realloc(*text, 2 * *capacity);
    if (larger == NULL)
        return -ENOMEM;
    *text = larger;
    *capacity *= 2;
    return 0;
}

// The rest of an open file, NUL-terminated. Streams, not stat(): a pipe is a file too.
static int read_all(FILE *file, char **ret_text, size_t *ret_length)
{
    size_t length = 0, capacity = (size_t)1 << 16;
    char *text = malloc(capacity);
    int err = text != NULL ? 0 : -ENOMEM;

    while (err == 0 && (length += fread(text + length, 1, capacity - 1 - length, file)) == capacity - 1)
        err = enlarge(&text, &capacity);
    if (err == 0 && ferror(file))
        err = errno != 0 ? -errno : -EIO;
    if (err < 0) {
        free(text);
        return err;
    }
    text[length] = '\0';
    *ret_text = text;
    *ret_length = length;
    return 0;
}

// More than any real report has, and what a small machine can hold: each takes about 80 bytes, but may be written in 2.
#define MAX_VALUES ((size_t)16 << 20)

// What a text is before it is parsed: about as many values as there are commas and opening brackets outside of strings; and
// whether it ends inside a string or bracket, which no parser can say, as it stops at the first thing it misses.
struct outline {
    size_t values;
    bool unfinished;
};

static struct outline outline_of(const char *text, size_t length)
{
    size_t values = 0;
    bool quoted = false;
    long depth = 0;

    for (size_t i = 0; i < length; i++) {
        if (quoted && text[i] == '\\') {
            i++;
        } else if (text[i] == '"') {
            quoted = !quoted;
        } else if (!quoted) {
            bool opens = text[i] == '{' || text[i] == '[', closes = text[i] == '}' || text[i] == ']';

            values += opens || text[i] == ',';
            depth += opens - closes;
        }
    }
    return (struct outline){.values = values, .unfinished = quoted || depth > 0};
}

// The start of what could not be read, fit for one line of a terminal.
static void copy_snippet(char snippet[24], const char *text)
{
    size_t length = 0;

    while (length < 23 && text[length] >= ' ' && text[length] < 0x7f) {
        snippet[length] = text[length];
        length++;
    }
    snippet[length] = '\0';
}

static int refuse_json(const char *text, size_t length, const char *at, char error[DOCUMENT_ERROR])
{
    const char *rest = at + strspn(at, WHITE_SPACE);
    unsigned line = 1;
    char snippet[24];

    if (strspn(text, WHITE_SPACE) == length)
        return complain(error, -EINVAL, "empty, expected a JSON report of ccbench");
    if ((size_t)(rest - text) >= length || outline_of(text, length).unfinished)
        return complain(error, -EINVAL, "ends in the middle of the JSON text: not completely written?");
    for (const char *c = text; c < rest; c++)
        line += *c == '\n';
    copy_snippet(snippet, rest);
    snprintf(error, DOCUMENT_ERROR, "line %u: not JSON at '%s'", line, snippet);
    return -EINVAL;
}

static int parse(const char *text, size_t length, cJSON **ret_document, char error[DOCUMENT_ERROR])
{
    const char *end = text;
    cJSON *document;

    if (outline_of(text, length).values > MAX_VALUES)
        return complain(error, -EFBIG, "too many values, expected a report of ccbench");
    document = cJSON_ParseWithLengthOpts(text, length, &end, 0);
    if (document == NULL)
        return refuse_json(text, length, end, error);
    if ((size_t)(end - text) + strspn(end, WHITE_SPACE) < length) {
        cJSON_Delete(document);
        return refuse_json(text, length, end, error);
    }
    *ret_document = document;
    return 0;
}

static int read_text(const char *path, char **ret_text, size_t *ret_length)
{
    FILE *file;
    int err;

    errno = 0;
    file = strcmp(path, "-") == 0 ? fdopen(dup(STDIN_FILENO), "r") : fopen(path, "re");
    if (file == NULL)
        return errno != 0 ? -errno : -EIO;
    err = read_all(file, ret_text, ret_length);
    fclose(file);
    return err;
}

enum document_kind document_kind(const cJSON *document)
{
    if (gate_is(document))
        return DOCUMENT_GATE;
    if (claims_is(document))
        return DOCUMENT_CLAIMS;
    return several_is(document) ? DOCUMENT_SEVERAL : DOCUMENT_REPORT;
}

int document_read(const char *path, cJSON **ret_document, char error[DOCUMENT_ERROR])
{
    char *text = NULL;
    size_t length = 0;
    int err = read_text(path, &text, &length);

    if (err == -EFBIG)
        snprintf(error, DOCUMENT_ERROR, "larger than %d MiB, expected a JSON report of ccbench", MAX_MIB);
    if (text == NULL)
        return err == -EFBIG ? err : complain(error, err, strerror(-err));
    err = document_parse(text, length, ret_document, error);
    free(text);
    return err;
}

int document_parse(const char *text, size_t length, cJSON **ret_document, char error[DOCUMENT_ERROR])
{
    cJSON *document = NULL;
    int err = parse(text, length, &document, error);

    if (err < 0)
        return err;
    err = validate_document(document, error);
    if (err < 0) {
        cJSON_Delete(document);
        return err;
    }
    *ret_document = document;
    return 0;
}

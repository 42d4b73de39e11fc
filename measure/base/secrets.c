// SPDX-License-Identifier: MIT
#include "measure/base/secrets.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"
// Where a value ends: in a command, a query, a quoted text.
#define VALUE_ENDS BLANKS "&;'\""

static const char *const telling[] = {"token",      "key",    "secret",        "passw",    "passphrase",
                                      "credential", "cookie", "authorization", "signature"};

static bool contains(const char *name, size_t length, const char *part)
{
    size_t n = strlen(part);

    for (size_t i = 0; i + n <= length; i++) {
        if (strncasecmp(name + i, part, n) == 0)
            return true;
    }
    return false;
}

static bool is_telling(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++) {
        if (contains(name, length, telling[i]))
            return true;
    }
    return false;
}

// A header in the middle of a text: there "KeyError: …" is none.
static bool is_header(const char *name, size_t length)
{
    bool plain = contains(name, length, "authorization") || contains(name, length, "cookie");

    return plain || (memchr(name, '-', length) != NULL && name[0] != '-' && is_telling(name, length));
}

static bool in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

struct masking {
    const char *in;
    char *out;
};

static void copy(struct masking *masking, size_t length)
{
    masking->out = mempcpy(masking->out, masking->in, length);
    masking->in += length;
}

static void hide(struct masking *masking, size_t length)
{
    if (length > 0)
        masking->out = stpcpy(masking->out, SECRETS_MASK);
    masking->in += length;
}

// Behind "://": what is before the last @ of the authority.
static void mask_user(struct masking *masking)
{
    size_t length = strcspn(masking->in, "/?#" BLANKS "'\"");
    const char *at = memrchr(masking->in, '@', length);

    if (at != NULL)
        hide(masking, (size_t)(at - masking->in));
}

// Up to the quote that closes the one it begins with, or to where values end.
static void hide_value(struct masking *masking)
{
    char quote = *masking->in;

    if (quote == '\'' || quote == '"') {
        copy(masking, 1);
        hide(masking, strcspn(masking->in, quote == '"' ? "\"" : "'"));
    } else {
        hide(masking, strcspn(masking->in, VALUE_ENDS));
    }
}

// Behind a name: its value, where the name says that it is secret.
static void mask_value(struct masking *masking, const char *name, size_t length)
{
    size_t blanks = strspn(masking->in, BLANKS);

    // NOLINTBEGIN(bugprone-branch-clone): of one character, or of a few
    if (*masking->in == '=' && is_telling(name, length)) {
        copy(masking, 1);
        hide_value(masking);
    } else if (*masking->in == ':' && is_header(name, length)) {
        copy(masking, 1 + strspn(masking->in + 1, " "));
        hide(masking, strcspn(masking->in, "\r\n'\""));
    } else if (blanks > 0 && name[0] == '-' && is_telling(name, length) && masking->in[blanks] != '-') {
        copy(masking, blanks);
        hide_value(masking);
    } else if (blanks > 0 && length == 6 && strncasecmp(name, "bearer", 6) == 0) {
        copy(masking, blanks);
        hide_value(masking);
    }
    // NOLINTEND(bugprone-branch-clone)
}

// What a character of the text may become: a secret of one is masked by three.
#define GROWS 4

char *secrets_mask(const char *text)
{
    char *masked = malloc(GROWS * strlen(text) + 1);
    struct masking masking = {text, masked};

    if (masked == NULL)
        return NULL;
    while (*masking.in != '\0') {
        const char *name = masking.in;
        size_t length = 0;

        if (strncmp(masking.in, "://", 3) == 0) {
            copy(&masking, 3);
            mask_user(&masking);
            continue;
        }
        while (in_name(name[length]))
            length++;
        copy(&masking, length > 0 ? length : 1);
        if (length > 0)
            mask_value(&masking, name, length);
    }
    *masking.out = '\0';
    return masked;
}

char *secrets_mask_header(const char *header)
{
    size_t length = strcspn(header, ":;");
    char *masked = malloc(strlen(header) + sizeof SECRETS_MASK + 2), *end;

    if (masked == NULL)
        return NULL;
    if (header[0] == '@' || (header[length] != '\0' && !is_telling(header, length)))
        return strcpy(masked, header);
    end = mempcpy(masked, header, header[length] != '\0' ? length + 1 : 0);
    strcpy(end, header[length] == '\0' ? SECRETS_MASK : " " SECRETS_MASK);
    return masked;
}

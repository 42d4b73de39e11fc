// SPDX-License-Identifier: MIT
// --header, whose values must never be printed.
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/console/option.h"

#define FILE_MOST 65536

// "Name: value", "Name;" for an empty value, "Name:" for none at all, as curl has them.
static bool is_header(const char *text)
{
    size_t length = 0;

    while (isalnum((unsigned char)text[length]) ||
           (text[length] != '\0' && strchr("!#$%&'*+-.^_`|~", text[length]) != NULL))
        length++;
    if (length == 0 || strpbrk(text, "\r\n") != NULL)
        return false;
    return text[length] == ':' || (text[length] == ';' && text[length + 1] == '\0');
}

static int add(struct options *options, const char *header, char expected[OPTION_EXPECTED])
{
    if (!is_header(header))
        snprintf(expected, OPTION_EXPECTED, "a header such as 'Accept: text/html', or @FILE with one in each line");
    else if (options->client.header_count == HTTP_CLIENT_HEADERS)
        snprintf(expected, OPTION_EXPECTED, "at most %d of them", HTTP_CLIENT_HEADERS);
    else {
        options->client.headers[options->client.header_count++] = header;
        return 0;
    }
    return -EINVAL;
}

// The text of a file, kept for as long as the program runs; NULL: cannot be read.
static char *read_file(const char *name)
{
    static char text[FILE_MOST];
    static size_t used;
    FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
    char *begin = text + used;
    size_t n;
    bool whole;

    if (file == NULL)
        return NULL;
    n = fread(begin, 1, sizeof text - 1 - used, file);
    whole = !ferror(file) && fgetc(file) == EOF;
    if (file != stdin)
        fclose(file);
    begin[n] = '\0';
    used += n + (used + n + 1 < sizeof text);
    return whole ? begin : NULL;
}

static int add_file(struct options *options, const char *name, char expected[OPTION_EXPECTED])
{
    char *text = read_file(name), *rest = NULL;
    int err = 0;

    if (text == NULL) {
        snprintf(expected, OPTION_EXPECTED, "a file of at most %d bytes that can be read", FILE_MOST - 1);
        return -EINVAL;
    }
    for (char *line = strtok_r(text, "\r\n", &rest); line != NULL && err == 0; line = strtok_r(NULL, "\r\n", &rest))
        err = add(options, line, expected);
    return err;
}

int option_header(const struct option_spec *spec, struct options *options, const char *value,
                  char expected[OPTION_EXPECTED])
{
    if (value[0] == '@')
        return add_file(options, value + 1, expected);
    return add(options, value, expected);
}

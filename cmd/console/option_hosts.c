// SPDX-License-Identifier: MIT
// --hosts: names, commas between, or a file with one a line.
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/console/option.h"
#include "measure/base/utf8.h"

#define NAME_BYTES 255

bool option_host_valid(const char *text, size_t length)
{
    if (length == 0 || length > NAME_BYTES || text[0] == '-')
        return false;
    for (size_t i = 0; i < length; i++) {
        if (isspace((unsigned char)text[i]) || iscntrl((unsigned char)text[i]))
            return false;
    }
    return utf8_valid(text, length) == length;
}

static bool is_list(const char *text)
{
    for (;; text++) {
        size_t length = strcspn(text, ",");

        if (!option_host_valid(text, length))
            return false;
        text += length;
        if (*text == '\0')
            return true;
    }
}

int option_hosts(const struct option_spec *spec, struct options *options, const char *value,
                 char expected[OPTION_EXPECTED])
{
    if (value[0] == '@' ? value[1] != '\0' : is_list(value))
        return option_list(spec, options, value, expected);
    snprintf(expected, OPTION_EXPECTED, "names such as a,b,c without blanks, or @FILE with one a line");
    return -EINVAL;
}

// SPDX-License-Identifier: MIT
#include "measure/base/utf8.h"

#include <stdbool.h>

// The first byte says how many follow, and the second must not be below or above these (RFC 3629, section 4).
static const struct form {
    unsigned char first_low, first_high, second_low, second_high;
    unsigned length;
} forms[] = {
    {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static bool fits(const struct form *form, const unsigned char *bytes, size_t left)
{
    if (bytes[0] < form->first_low || bytes[0] > form->first_high || left < form->length)
        return false;
    if (form->length > 1 && (bytes[1] < form->second_low || bytes[1] > form->second_high))
        return false;
    for (unsigned i = 2; i < form->length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return false;
    }
    return true;
}

size_t utf8_valid(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;

    while (at < length) {
        size_t i = 0;

        while (i < sizeof forms / sizeof *forms && !fits(&forms[i], bytes + at, length - at))
            i++;
        if (i == sizeof forms / sizeof *forms)
            break;
        at += forms[i].length;
    }
    return at;
}
